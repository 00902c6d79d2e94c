"""Following: every change of a view after a position, exactly once, in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from antiphon.live import Batch, Called, Follower, Live, View, batch_of
from antiphon.log import Change, Position, gone
from antiphon.operations.interfaces import Snapshot
from antiphon.operations.read import Reader

SLICE = 500


async def follow(
    view: View,
    number: int,
    live: Live,
    reader: Reader,
    *,
    bound: int,
    follower: Follower | None = None,
    ended: "asyncio.Future[str] | None" = None,
    member: str | None = None,
) -> AsyncIterator[Batch]:
    """Batches of what `view` sees after the position `number`. A batch without events is a bookmark.

    It reads the log until it has caught up, and joins the live part in the same step in which it finds
    that nothing is missing. From then on batches are yielded. A consumer that leaves more than `bound` bytes
    of events unread is cut. The iteration ends when the follower does: `ended`, if given, is done then, at
    once, with the reason ("cut", "drained", "closed"); and who completes it ends the follower.

    If `follower` is given, it is that one that joins, and the iteration ends with that: it is told by the
    live part alone from then on. Its `channel` tells whether it came to that.

    If `member` is given, a change that turns what it may see ends the iteration: by a batch that is `turned`,
    with the change's position, and without it.

    `number` must have been handed out by `live` (see `Live.reached`).

    Raises:
        PositionGone: the log no longer reaches back far enough.
    """
    while (changes := live.since(number)) != []:
        if ended is not None and ended.done():
            return
        if live.closed:
            break
        if changes is None:
            changes = await _from_log(number, live.number, reader)
        turn = _turn(changes, live, member)
        if turn != 0:
            number = changes[:turn][-1].number
            yield batch_of(view, changes[:turn], number)
        if turn is not None:
            yield Batch([], changes[turn].number, turned=True)
            return

    if follower is not None:
        follower.member = member
        live.join(view, follower)
        return
    buffer = _Buffer(bound)
    called = Called(buffer.add, ended, member)
    called.ended.add_done_callback(lambda _: buffer.wake())
    live.join(view, called)
    try:
        while not called.ended.done() or buffer.batches:
            if buffer.batches:
                yield buffer.take()
            elif called.ended.done():
                break
            else:
                await buffer.wait()
        if called.turned:
            yield Batch([], called.turned, turned=True)
    finally:
        live.leave(called)


def _turn(changes: list[Change[Any]], live: Live, member: str | None) -> int | None:
    """The place of the first change that turns what `member` may see; None if there is none."""
    if member is None or live.turning is None:
        return None
    concerned = live.turning.concerned
    return next((place for place, change in enumerate(changes) if member in concerned(change)), None)


async def _from_log(after: int, through: int, reader: Reader) -> list[Change[Any]]:
    """Entries after a number, no further than was handed out: the rest comes from the live part."""

    def work(snapshot: Snapshot) -> tuple[list[Change[Any]], int, str]:
        found = snapshot.changes(after, SLICE, through)
        return found, snapshot.oldest, snapshot.position.incarnation

    found, oldest, incarnation = await reader.run(work)
    if oldest > after + 1:
        raise gone(Position(incarnation, after), oldest, incarnation)
    return found


def position(snapshot: Snapshot) -> Position:
    """The newest position that `snapshot` sees."""
    return snapshot.position


class _Buffer:
    """What a follower has not taken yet."""

    def __init__(self, bound: int) -> None:
        self.batches: deque[Batch] = deque()
        self._bound = bound
        self._bytes = 0
        self._wake = asyncio.Event()

    def add(self, batch: Batch) -> bool:
        if self._bytes > self._bound:  # not counting this batch: whoever reads on is not cut for a long one
            self.batches.clear()
            return False
        self._bytes += sum(len(event.body) for event in batch.events)
        if not (self.batches and not batch.events):  # a bookmark behind unread changes says nothing
            self.batches.append(batch)
            self._wake.set()
        return True

    def take(self) -> Batch:
        batch = self.batches.popleft()
        self._bytes -= sum(len(event.body) for event in batch.events)
        return batch

    def wake(self) -> None:
        self._wake.set()

    async def wait(self) -> None:
        self._wake.clear()
        if not self.batches:
            await self._wake.wait()
