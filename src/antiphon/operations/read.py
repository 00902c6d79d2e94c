"""Reading: on threads, each answer from one snapshot."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from msgspec import Struct, structs

from antiphon.log import Position
from antiphon.operations.interfaces import Snapshot, Store, TakesTime
from antiphon.operations.transaction import not_found
from antiphon.queries import Key, Query, Selection, encode_cursor
from antiphon.resources import Declaration

T = TypeVar("T")
PIECE = 500
"""Records that a long answer reads in one go."""


class Page(Struct, frozen=True):
    """Records that match a query, as JSON, exact at `position`.

    `next` is the cursor of the page after this one, None on the last.
    """

    records: list[bytes]
    position: Position
    next: str | None


class Reader:
    """Runs reads on threads of its own."""

    def __init__(self, store: Store, threads: int) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="antiphon-reader")
        self._going: set[asyncio.Task[None]] = set()

    async def glance(self, work: Callable[[Snapshot], T]) -> T:
        """What `work` makes of a snapshot, found in a moment or on a thread.

        To hand a read to a thread and its result back costs more than a page of 50 records from an index.
        So it is tried at once, with a bound on what it may do; only what is longer goes to a thread.
        """
        try:
            with self._store.glance() as snapshot:
                return work(snapshot)
        except TakesTime:
            return await self.run(work)

    async def run(self, work: Callable[[Snapshot], T]) -> T:
        """What `work` makes of a snapshot, on a thread."""

        def on_thread() -> T:
            with self._store.snapshot() as snapshot:
                return work(snapshot)

        return await asyncio.get_running_loop().run_in_executor(self._threads, on_thread)

    @asynccontextmanager
    async def hold(self) -> AsyncIterator["Held"]:
        """A snapshot for several reads; raises `Unavailable` if too many are held."""
        loop = asyncio.get_running_loop()
        manager = self._store.hold()
        entering = loop.run_in_executor(self._threads, manager.__enter__)
        held = Held(self._threads)

        async def let_go() -> None:
            for work in (entering, held.work):
                if work is not None:
                    await asyncio.wait([work])
            if entering.exception() is None:
                await loop.run_in_executor(self._threads, manager.__exit__, None, None, None)

        try:
            held.snapshot = await asyncio.shield(entering)
            yield held
        finally:
            # In a task of its own: one who is cancelled leaves at once (under AnyIO, whatever it awaits), and
            # the snapshot must stay until its thread is done with it.
            going = loop.create_task(let_go())
            self._going.add(going)
            going.add_done_callback(self._going.discard)

    async def finish(self) -> None:
        """Wait until all held snapshots are let go."""
        while self._going:
            await asyncio.wait(self._going)

    def close(self) -> None:
        self._threads.shutdown()


class Held:
    """A snapshot that stays, for reads one after the other."""

    snapshot: Snapshot

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.work: asyncio.Future[Any] | None = None
        self._threads = threads

    async def run(self, work: Callable[[Snapshot], T]) -> T:
        """What `work` makes of the snapshot."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, self.snapshot)
        self.work = running
        return await asyncio.shield(running)


def page(query: Query[Any], snapshot: Snapshot) -> Page:
    """Answer `query`: its records, its position, and where the next page begins."""
    position = snapshot.position
    limit = query.limit
    found = snapshot.page(query, None if limit is None else limit + 1)
    following = None
    if limit is not None and len(found) > limit:
        found.pop()
        following = encode_cursor(query.order, Key(query.order)(query.declaration.decode(found[-1])))
    return Page(select(query, found), position, following)


def record(declaration: Declaration[Any], id: str, snapshot: Snapshot) -> tuple[bytes, Position]:
    """The stored record, and the position it was read at; raises `NotFound`."""
    found = snapshot.fetch(declaration, id)
    if found is None:
        raise not_found(declaration, id)
    return found, snapshot.position


async def pieces(query: Query[Any], held: Held) -> AsyncIterator[list[bytes]]:
    """All records of `query`, from one snapshot, in pieces that fit in memory."""
    left = query.limit
    while left is None or left > 0:
        size = PIECE if left is None else min(PIECE, left)
        asked = query
        found = await held.run(lambda snapshot: snapshot.page(asked, size))  # noqa: B023
        if found:
            yield select(query, found)
        if len(found) < size:
            return
        last = query.declaration.decode(found[-1])
        query = structs.replace(query, after=Key(query.order)(last))
        left = None if left is None else left - size


def select(query: Query[Any], found: list[bytes]) -> list[bytes]:
    """Stored records, cut down to the fields that the query selects."""
    if query.fields is None:
        return found
    cut = Selection(query.fields)
    return [cut(each) for each in found]
