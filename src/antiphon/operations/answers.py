"""Answers that are kept: one is as good as a new one until a change concerns it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Any

from antiphon.live import Channel, Live, View, Watcher
from antiphon.log import Change
from antiphon.operations.interfaces import Store, TakesTime

OVERHEAD = 2000
"""Bytes that an answer takes beside its body, roughly: its key, its headers, its place in the index."""
LARGEST = 16
"""One answer may take this part of all the room; a larger one is not kept."""


class Answer:
    """A kept answer: `body`, and what is said of it. Exact at each position from its own to the newest."""

    __slots__ = ("__weakref__", "body", "channel", "headers", "kept", "key", "number", "tag", "watcher")

    def __init__(self, body: bytes, tag: str, headers: dict[str, str], number: int) -> None:
        self.body = body
        self.tag = tag
        self.headers = headers
        self.number = number
        self.kept = False
        self.key: Hashable
        self.channel: Channel
        self.watcher: Watcher


class Answers:
    """Answers by their keys, at most `bound` bytes of them: those used last.

    Each watches as followers do: the change that its view sees removes it, before anyone is told.
    """

    def __init__(self, live: Live, store: Store, bound: int) -> None:
        self._live = live
        self._store = store
        self._bound = bound
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._reading: dict[Hashable, asyncio.Event] = {}
        self._newest: int | None = None

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """What they take, roughly."""
        return self._bytes

    async def find(self, key: Hashable, read: Callable[[], Awaitable[tuple[Answer, View]]]) -> Answer:
        """The kept answer, or else what `read` makes, kept from now on; a key of None is not kept.

        Of those who ask for the same at once, one reads. The others take its answer if it is exact when they
        have it: what it read may be older than their questions.
        """
        if key is None:
            return (await read())[0]
        if (kept := self.get(key)) is not None:
            return kept
        if (reading := self._reading.get(key)) is not None:
            await reading.wait()
            if (kept := self.get(key)) is not None:
                return kept
        mine = asyncio.Event()
        self._reading.setdefault(key, mine)
        try:
            answer, view = await read()
            self.keep(key, view, answer)
            return answer
        finally:
            if self._reading.get(key) is mine:
                del self._reading[key]
            mine.set()

    def get(self, key: Hashable) -> Answer | None:
        """The kept answer, if it is exact now; its `number` is the newest position's then."""
        answer = self._kept.get(key)
        if answer is None:
            return None
        try:
            newest = self._store.newest()
        except TakesTime:
            return None
        return self._exact(answer, newest)

    def holds(self, answer: Answer) -> bool:
        """Whether an answer is kept, and exact now; only to be asked while the loop reads from its sockets.

        What other processes have committed is looked for once for all sockets that had something to read:
        what they bring was sent before that, unless a client sends a request before it has the answer to
        the one before.
        """
        if not answer.kept or (newest := self.look()) is None:
            return False
        return self._exact(answer, newest) is not None

    def look(self) -> int | None:
        """The newest position's number, as in `holds`; None where it takes time to find out."""
        if self._newest is None:
            try:
                self._newest = self._store.newest()
            except TakesTime:
                return None
            asyncio.get_running_loop().call_soon(self._look_again)
        return self._newest

    def _look_again(self) -> None:
        self._newest = None

    def _exact(self, answer: Answer, newest: int) -> Answer | None:
        if newest != self._live.number:  # of the commits between, nobody has told us what they concern
            return None
        answer.number = max(answer.number, newest)
        self._kept.move_to_end(answer.key)
        return answer

    def keep(self, key: Hashable, view: View, answer: Answer) -> None:
        """Keep an answer that was read at its `number`, if it is still exact."""
        size = len(answer.body) + OVERHEAD
        since = self._live.since(answer.number)
        if size * LARGEST > self._bound or since is None or concerned(view, since):
            return
        if (old := self._kept.get(key)) is not None:
            self._drop(old)
        answer.key, answer.kept = key, True
        answer.watcher = partial(self._note, answer)
        answer.channel = self._live.watch(view, answer.watcher)
        self._kept[key] = answer
        self._bytes += size
        while self._bytes > self._bound:
            self._drop(next(iter(self._kept.values())))

    def _note(self, answer: Answer, changes: Sequence[Change[Any]] | None) -> None:
        if answer.kept and (changes is None or concerned(answer.channel.view, changes)):
            self._drop(answer)

    def _drop(self, answer: Answer) -> None:
        answer.kept = False
        del self._kept[answer.key]
        self._bytes -= len(answer.body) + OVERHEAD
        self._live.unwatch(answer.channel, answer.watcher)
        del answer.channel, answer.watcher  # which holds the answer


def concerned(view: View, changes: Sequence[Change[Any]]) -> bool:
    """Whether the view sees one of the changes; one that it cannot read may be seen."""
    paths = {path for path, _ in view.concerns}
    try:
        return any(change.resource in paths and view.see(change) is not None for change in changes)
    except Exception:
        return True
