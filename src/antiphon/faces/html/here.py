"""What every template is given besides its own context, under the one name `here`."""

from msgspec import Struct

from antiphon.faces.html.ask import Ask


class Link(Struct, frozen=True):
    """A collection in the navigation."""

    label: str
    path: str
    current: bool


class Here:
    """This page: its URL, path and query, the site's title, and the refused form that it answers, if any.

    `live` tells whether it is kept up to date.
    """

    def __init__(self, ask: Ask, title: str, *, live: bool = True) -> None:
        self.url = ask.url
        self.path: str = ask.scope["path"]
        self.query = ask.query
        self.title = title
        self.live = live
        self.posted = ask.posted
        self._ask = ask

    @property
    def collections(self) -> list[Link]:
        """Those of which the caller may see something."""
        return [
            Link(path[1:].replace("-", " ").replace("/", " ").capitalize(), path, self._is_in(path))
            for path in self._ask.parts.paths
            if self._ask.sees(path)
        ]

    def _is_in(self, path: str) -> bool:
        return self.path == path or self.path.startswith(path + "/")
