"""Pages that are kept: one is as good as a new one until a change concerns it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Any

from antiphon.faces.html.ask import Watched
from antiphon.faces.html.pages import View
from antiphon.faces.html.sharing import Resources, alike
from antiphon.faces.html.templates import LivePart
from antiphon.faces.html.watching import Watching
from antiphon.operations import TakesTime, concerned

OVERHEAD = 4000
"""Bytes that a page takes beside its text, roughly."""
LARGEST = 16
"""One page may take this part of all the room; a larger one is not kept."""
SHAPES = 8
"""Of so many kinds of callers the pages of one URL are kept."""

Shape = tuple[bool, Resources]
"""What tells for whom a page is the same: whether it depends on who asks, and which resources it is of."""


class Rendered:
    """A page: its bytes, what is said of it, its live parts by their ids, and what it was made of."""

    __slots__ = (
        "__weakref__",
        "body",
        "headers",
        "kept",
        "key",
        "parts",
        "route",
        "services",
        "shape",
        "tag",
        "watched",
        "watching",
    )

    def __init__(
        self,
        body: bytes,
        tag: str,
        headers: dict[str, str],
        parts: dict[str, LivePart],
        watched: Sequence[Watched],
        shape: Shape,
        route: View,
    ) -> None:
        self.body = body
        self.tag = tag
        self.headers = headers
        self.parts = parts
        self.watched = watched
        self.shape = shape
        self.route = route
        self.services = tuple({each.service: None for each in watched})
        self.kept = False
        self.key: tuple[str, Shape, Hashable]
        self.watching: Watching

    @property
    def size(self) -> int:
        """The bytes that it takes, roughly."""
        return len(self.body) + sum(len(each.html) for each in self.parts.values()) + OVERHEAD

    @property
    def exact(self) -> bool:
        """Whether nothing has come since that concerns it. One that is kept would have been dropped."""
        if self.kept:
            return True
        for each in self.watched:
            since = each.service.live.since(each.number)
            if since is None or concerned(each.view, since):
                return False
        return True


class KeptPages:
    """Pages by their URL and for whom they are the same; at most `bound` bytes of them: those used last."""

    def __init__(self) -> None:
        self.bound = 0
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, Shape, Hashable], Rendered] = OrderedDict()
        self._shapes: dict[str, dict[Shape, int]] = {}
        self._making: dict[Hashable, asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def find(self, url: str, scope: Any, make: Callable[[], Awaitable[Rendered]]) -> Rendered:
        """The kept page, or else what `make` makes, kept from now on.

        Of those who ask for the same at once one makes it, as far as can be told beforehand. The others take
        it if it is exact when they have it.
        """
        if (kept := self.get(url, scope)) is not None:
            return kept
        shape = next(iter(self._shapes.get(url, {})), (True, ()))
        found = alike(scope, *shape)
        if found is None:  # nobody else can take it
            return await make()
        flight = (url, found)
        if (making := self._making.get(flight)) is not None:
            await making.wait()
            if (kept := self.get(url, scope)) is not None:
                return kept
        mine = asyncio.Event()
        self._making.setdefault(flight, mine)
        try:
            made = await make()
            self._keep(url, scope, made)
            return made
        finally:
            if self._making.get(flight) is mine:
                del self._making[flight]
            mine.set()

    def may_have(self, url: str) -> bool:
        """Whether a page of this URL is kept, for whomever."""
        return url in self._shapes

    def get(self, url: str, scope: Any) -> Rendered | None:
        """The kept page for whoever asks, if it is exact now."""
        for shape in self._shapes.get(url, ()):
            found = alike(scope, *shape)
            if found is None or (kept := self._kept.get((url, shape, found))) is None:
                continue
            try:
                if any(each.store.newest() != each.live.number for each in kept.services):
                    return None  # of the commits between, nobody has told us what they concern
            except TakesTime:
                return None
            self._kept.move_to_end(kept.key)
            return kept
        return None

    def holds(self, page: Rendered) -> bool:
        """Whether a page is kept, and exact now; see `Answers.holds`."""
        if not page.kept or any(each.answers.look() != each.live.number for each in page.services):
            return False
        self._kept.move_to_end(page.key)
        return True

    def _keep(self, url: str, scope: Any, made: Rendered) -> None:
        found = alike(scope, *made.shape)
        if found is None or made.size * LARGEST > self.bound or not made.exact:
            return
        shapes = self._shapes.setdefault(url, {})
        if made.shape not in shapes and len(shapes) >= SHAPES:
            return
        key = (url, made.shape, found)
        if (old := self._kept.get(key)) is not None:
            self._drop(old)
            shapes = self._shapes.setdefault(url, {})
        shapes[made.shape] = shapes.get(made.shape, 0) + 1
        made.key, made.kept = key, True
        made.watching = Watching(made.watched, partial(self._drop, made))
        self._kept[key] = made
        self._bytes += made.size
        while self._bytes > self.bound:
            self._drop(next(iter(self._kept.values())))

    def _drop(self, page: Rendered) -> None:
        if not page.kept:
            return
        page.kept = False
        url, shape, _ = page.key
        del self._kept[page.key]
        shapes = self._shapes[url]
        shapes[shape] -= 1
        if not shapes[shape]:
            del shapes[shape]
            if not shapes:
                del self._shapes[url]
        self._bytes -= page.size
        page.watching.close()
        del page.watching  # which holds the page
