"""One running service: what the faces call."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from antiphon.errors import PositionTooNew, Unavailable
from antiphon.live import Batch, Event, Live, QueryView, View
from antiphon.log import Change, Position, gone, parse_position
from antiphon.observations import Observers
from antiphon.operations.follow import Deliver, follow, position
from antiphon.operations.intake import Intake
from antiphon.operations.interfaces import Context, Snapshot, Store
from antiphon.operations.read import Page, Reader, page, pieces, record
from antiphon.operations.window import follow_window
from antiphon.operations.write import NOBODY, Command, Pending, write
from antiphon.queries import Query
from antiphon.resources import Declaration
from antiphon.settings import Settings

T = TypeVar("T")


class Service:
    """Store, readers and live part of one application, on one event loop: read, write and follow."""

    def __init__(
        self,
        name: str,
        declarations: tuple[Declaration[Any], ...],
        store: Store,
        settings: Settings,
        observers: Observers,
    ) -> None:
        self.name = name
        self.declarations = declarations
        self.store = store
        self.settings = settings
        self.observers = observers
        self.reader = Reader(store, settings.readers)
        self.incarnation = store.incarnation
        self.draining = False

    async def start(self) -> None:
        """Begin to hand out changes."""
        loop = asyncio.get_running_loop()
        head = (await self.reader.run(position)).number
        self._intake = Intake(self.store, loop)
        self.live = Live(head, self._pull, self.observers)

        def settle(waiting: list[Pending], changes: list[Change[Any]] | None, newest: int) -> None:
            try:
                self.live.publish(changes, newest)
            finally:
                for pending in waiting:
                    pending.settle()
                if waiting:
                    self._intake.answered()

        def deliver(waiting: list[Pending], changes: list[Change[Any]] | None, newest: int) -> None:
            loop.call_soon_threadsafe(settle, waiting, changes, newest)

        self.store.deliver_to(deliver)
        newest = (await self.reader.run(position)).number
        self.live.publish(None, newest)
        self._heart = loop.create_task(self._beat())

    async def stop(self) -> None:
        """Tell followers to come back, finish the writes in flight, let go of the store."""
        self.draining = True
        self.live.close()
        self._heart.cancel()
        await self.reader.finish()
        self._intake.hand_on()
        await asyncio.to_thread(self.store.close)
        await asyncio.sleep(0)  # the writer's last answers are on their way to this loop
        self.reader.close()

    async def read(self, query: Query[Any], at_least: str | None = None) -> Page:
        """Answer `query`, no older than the position `at_least`.

        Raises:
            InvalidPosition, PositionGone, PositionTooNew: `at_least` cannot be met.
        """
        await self.wait_for(at_least)
        return await self.reader.glance(lambda snapshot: page(query, snapshot))

    async def record(
        self, declaration: Declaration[Any], id: str, at_least: str | None = None
    ) -> tuple[bytes, Position]:
        """The stored record and the position it was read at; raises `NotFound`, and as `read` does."""
        await self.wait_for(at_least)
        return await self.reader.glance(lambda snapshot: record(declaration, id, snapshot))

    async def changes(self, after: int, limit: int) -> tuple[list[Change[Any]], Position]:
        """Log entries after the number, at most `limit`, and the newest position; raises `PositionGone`."""

        def work(snapshot: Snapshot) -> tuple[list[Change[Any]], Position, int]:
            return snapshot.changes(after, limit), snapshot.position, snapshot.oldest

        found, newest, oldest = await self.reader.run(work)
        if oldest > after + 1:
            raise gone(Position(self.incarnation, after), oldest, self.incarnation)
        return found, newest

    async def export(self, query: Query[Any]) -> AsyncIterator[tuple[Position, list[bytes]]]:
        """All records of `query` in pieces from one snapshot, each with its position; at least one piece."""
        async with self.reader.hold() as held:
            at = await held.run(position)
            yield at, []
            async for piece in pieces(query, held):
                yield at, piece

    async def write(self, command: Command[T], context: Context = NOBODY) -> tuple[T, Position]:
        """Run a command; returns its result and the position after it. See `operations.write`."""
        result, number = await write(command, self._intake, context)
        return result, Position(self.incarnation, number)

    async def wait_for(self, text: str | None) -> int | None:
        """Wait until the position has been handed out; returns its number, None for None."""
        if text is None:
            return None
        wanted = self.own(text)
        if not await self.live.reached(wanted.number, self.settings.wait_seconds):
            raise PositionTooNew(
                f"{wanted} was not reached within {self.settings.wait_seconds:g} seconds.",
                "Try again.",
                headers={"Retry-After": "1"},
            )
        return wanted.number

    def own(self, text: str) -> Position:
        """A position of this log; raises `InvalidPosition`, and `PositionGone` for another's."""
        wanted = parse_position(text)
        if wanted.incarnation != self.incarnation:
            raise gone(wanted, 0, self.incarnation)
        return wanted

    async def present(self, query: Query[Any]) -> AsyncIterator[Batch]:
        """What matches now, in batches from one snapshot, then `live`: the list is complete."""
        async for at, piece in self.export(query):
            if piece:
                yield Batch([Event("present", each) for each in piece], at.number)
        yield Batch([self.live_event(at.number)], at.number)

    def live_event(self, number: int) -> Event:
        """The event that says: from here on, only changes."""
        body = b'{"position":"%b"}' % str(Position(self.incarnation, number)).encode()
        return Event("live", body, number)

    def admit(self) -> None:
        """Let one more follow; raises `Unavailable` if too many do, or the service stops."""
        if self.draining:
            raise Unavailable("The service stops.", "Try again.", headers={"Retry-After": "1"})
        if self.live.followers >= self.settings.max_follows:
            raise Unavailable(
                f"{self.settings.max_follows} followers are served already.",
                "Try again later.",
                headers={"Retry-After": "5"},
            )

    async def start_after(self, text: str) -> int:
        """The number to follow from: a position, or "now"; checked against what the log still keeps."""
        if text == "now":
            return self.live.number
        number = await self.wait_for(text)
        assert number is not None
        if self.live.since(number) is None:
            await self.changes(number, 1)
        return number

    def follow(
        self,
        view: View,
        number: int,
        deliver: Deliver | None = None,
        on_end: Callable[[str], None] | None = None,
    ) -> AsyncIterator[Batch]:
        """See `operations.follow`."""
        bound = self.settings.follower_bytes
        return follow(view, number, self.live, self.reader, bound=bound, deliver=deliver, on_end=on_end)

    def follow_query(
        self,
        query: Query[Any],
        number: int,
        deliver: Deliver | None = None,
        on_end: Callable[[str], None] | None = None,
    ) -> AsyncIterator[Batch]:
        """Follow a query; with a window (order and limit), what enters and leaves its first N."""
        if query.limit is not None:
            return follow_window(query, number, self, on_end)
        return self.follow(QueryView(query), number, deliver, on_end)

    async def _pull(self, after: int, limit: int) -> list[Change[Any]]:
        return await self.reader.run(lambda snapshot: snapshot.changes(after, limit))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.settings.heartbeat_seconds)
            self.live.bookmark()
