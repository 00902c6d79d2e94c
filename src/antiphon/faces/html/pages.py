"""Pages: what a program says of its own."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct
from starlette.routing import compile_path

from antiphon.errors import DeclarationError
from antiphon.faces.html.ask import Ask

Context = dict[str, Any]
Function = Callable[[Ask], Awaitable[Context]]
F = TypeVar("F", bound=Function)


class View(Struct, frozen=True, eq=False):
    """What answers at the addresses that `path` writes: the context of the first of `templates` there is."""

    path: str
    templates: tuple[str, ...]
    function: Function
    pattern: re.Pattern[str]
    own: bool = False
    """Whether it is the program's, and no toolkit's."""

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters in a path; None if it is another's."""
        found = self.pattern.fullmatch(path)
        return None if found is None else found.groupdict()


def view_of(path: str, templates: tuple[str, ...], function: Function, *, own: bool = False) -> View:
    """A view at a path such as `/songs/{id}`; raises `DeclarationError`."""
    try:
        pattern, _, _ = compile_path(path)
    except (AssertionError, ValueError) as error:
        raise DeclarationError(f"A page has the path {path!r}: {error}", "Write it as /songs/{id}.") from None
    if not path.startswith("/"):
        raise DeclarationError(f"A page has the path {path!r}.", "Begin it with /.")
    return View(path, templates, function, re.compile(pattern.pattern.replace("$", r"\Z")), own)


class Pages:
    """HTML pages of your own, beside those that every resource has.

    `templates` are folders of Jinja templates: those in them come before the toolkit's of the same name,
    which are at `antiphon/NAME` too. `static` are folders of files that `{{ static("app.css") }}` gives the
    address of. `filters` are functions that templates use as filters.

        pages = Pages(templates=Path(__file__).parent / "templates")

        @pages.view("/songs/{id}", template="song.html")
        async def song(ask: Ask) -> dict[str, Any]:
            return {"song": await ask.record(f"/songs/{ask.path['id']}")}

    Raises:
        DeclarationError: a folder is not there.
    """

    def __init__(
        self,
        templates: str | Path | Sequence[str | Path] = (),
        static: str | Path | Sequence[str | Path] = (),
        *,
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.templates = _folders("templates", templates)
        self.static = _folders("static", static)
        self.filters = dict(filters or {})
        self.views: list[View] = []
        self.commons: list[Function] = []

    def view(self, path: str, *, template: str) -> Callable[[F], F]:
        """Answer with a page at `path`, which may have parameters: `/songs/{id}`.

        The function returns the context of the template. At the address of a resource it is what clients get
        that ask for HTML; the other representations stay.

        Raises:
            DeclarationError: the path is none, or has a page already.
        """

        def decorate(function: F) -> F:
            if any(each.path == path for each in self.views):
                raise DeclarationError(f"There are two pages at {path}.", "Give one of them another path.")
            self.views.append(view_of(path, (template,), function, own=True))
            return function

        return decorate

    def common(self, function: F) -> F:
        """Have a function give what every page's template needs: who is signed in, what is unread."""
        self.commons.append(function)
        return function


def _folders(what: str, given: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    listed = (given,) if isinstance(given, (str, Path)) else given
    folders = tuple(Path(each).absolute() for each in listed)
    for folder in folders:
        if not folder.is_dir():
            raise DeclarationError(
                f"There is no folder {folder}, named by {what}.", "Make it, or name another."
            )
    return folders
