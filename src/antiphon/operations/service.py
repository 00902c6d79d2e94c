"""One running service: what the faces call."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Any, TypeVar

from antiphon.access import ANYONE, Caller, access_of, anyone, sight
from antiphon.errors import PositionTooNew, Unavailable
from antiphon.live import Batch, Event, Follower, Live, View
from antiphon.log import Change, Position, gone, parse_position
from antiphon.observations import Observers
from antiphon.operations.answers import Answers
from antiphon.operations.follow import follow, position
from antiphon.operations.following import follow_log, follow_query
from antiphon.operations.intake import Intake
from antiphon.operations.interfaces import Bus, Context, Snapshot, Store, TakesTime
from antiphon.operations.permitted import Permitted
from antiphon.operations.read import Page, Reader, page, pieces, record
from antiphon.operations.rights import Rights
from antiphon.operations.transaction import not_found
from antiphon.operations.turning import Ended, log_since
from antiphon.operations.write import NOBODY, Command, Pending, write
from antiphon.queries import Query
from antiphon.resources import Declaration
from antiphon.settings import Settings

T = TypeVar("T")
U = TypeVar("U")


class Service:
    """Store, readers and live part of one application, on one event loop: read, write and follow."""

    def __init__(
        self,
        name: str,
        declarations: tuple[Declaration[Any], ...],
        store: Store,
        settings: Settings,
        observers: Observers,
        rights: Rights | None = None,
        bus: Bus | None = None,
    ) -> None:
        self.name = name
        self.declarations = declarations
        self.store = store
        self.settings = settings
        self.observers = observers
        self.reader = Reader(store, settings.readers)
        self.incarnation = store.incarnation
        self.rights = rights or Rights()
        self.draining = False
        self._bus = bus

    async def start(self) -> None:
        """Begin to hand out changes."""
        loop = asyncio.get_running_loop()
        head = (await self.reader.run(position)).number
        self._intake = Intake(self.store, loop)
        self.live = Live(head, self._pull, self.observers, self.rights.membership)
        self.answers = Answers(self.live, self.store, self.settings.answer_bytes)
        if self.rights.revocations is not None:
            self.live.listen(self._note)
            self.rights.learn(await self.reader.run(self.rights.over))
            if self._bus is not None:
                self.rights.ended_elsewhere = self._ended_elsewhere

        def settle(waiting: list[Pending], changes: list[Change[Any]] | None, newest: int) -> None:
            try:
                for pending in waiting:  # so the answers go out before those who follow are told
                    pending.settle()
                if waiting:
                    self._intake.answered()
            finally:
                self.live.publish(changes, newest)

        def deliver(waiting: list[Pending], changes: list[Change[Any]] | None, newest: int) -> None:
            loop.call_soon_threadsafe(settle, waiting, changes, newest)
            if self._bus is not None:
                self._bus.tell(newest)

        self.store.deliver_to(deliver)
        if self._bus is not None:
            self._bus.hear(lambda newest: self.live.publish(None, newest))
        newest = (await self.reader.run(position)).number
        self.live.publish(None, newest)
        self._heart = loop.create_task(self._beat())

    async def stop(self) -> None:
        """Tell followers to come back, finish the writes in flight, let go of the store."""
        self.draining = True
        self.live.close()
        self._heart.cancel()
        if self._bus is not None:
            self._bus.leave()
        await self.reader.finish()
        self._intake.hand_on()
        await asyncio.to_thread(self.store.close)
        await asyncio.sleep(0)  # the writer's last answers are on their way to this loop
        self.reader.close()

    async def read(self, query: Query[Any], who: Caller = ANYONE, at_least: str | None = None) -> Page:
        """Answer `query` with what `who` may see, no older than the position `at_least`.

        Raises:
            NotSignedIn, Forbidden: it may see nothing of the resource.
            InvalidPosition, PositionGone, PositionTooNew: `at_least` cannot be met.
        """
        await self.wait_for(at_least)
        return await self.reader.glance(
            lambda snapshot: page(self._restricted(query, who, snapshot), snapshot)
        )

    async def record(
        self, declaration: Declaration[Any], id: str, who: Caller = ANYONE, at_least: str | None = None
    ) -> tuple[bytes, Position]:
        """The record as it is shown to `who`, and the position it was read at.

        Raises:
            NotFound: there is none, or none that it may see.
            NotSignedIn: nobody is known to ask, and nobody unknown may see any.
        """
        await self.wait_for(at_least)

        def work(snapshot: Snapshot) -> tuple[bytes, Position]:
            seen = sight(declaration, self.rights.known(who, snapshot))
            if who.id is None:
                seen.require()
            stored, at = record(declaration, id, snapshot)
            if not seen.holds(stored):
                raise not_found(declaration, id)
            return seen.show(stored), at

        return await self.reader.glance(work)

    def alike(self, declaration: Declaration[Any], who: Caller) -> Hashable | None:
        """What those have in common who see the same of a resource; None if it may change as groups do.

        Nobody in particular is a member of anything.
        """
        policy = access_of(declaration).read
        if policy == anyone:
            return ()
        if self.rights.membership is not None and policy.by_group and who.id is not None:
            return None
        return who.id, who.roles, who.groups

    async def require(self, declaration: Declaration[Any], who: Caller) -> None:
        """Refuse one who may see nothing of a resource; raises `NotSignedIn`, `Forbidden`."""
        await self.reader.glance(
            lambda snapshot: sight(declaration, self.rights.known(who, snapshot)).require()
        )

    async def stored(self, declaration: Declaration[Any], id: str) -> tuple[bytes, Position]:
        """The stored record, whoever may see it, and the position it was read at; raises `NotFound`."""
        return await self.reader.glance(lambda snapshot: record(declaration, id, snapshot))

    def _restricted(self, query: Query[Any], who: Caller, snapshot: Snapshot) -> Query[Any]:
        seen = sight(query.declaration, self.rights.known(who, snapshot))
        seen.require()
        return seen.restrict(query)

    async def changes(self, after: int, limit: int) -> tuple[list[Change[Any]], Position]:
        """Log entries after the number, at most `limit`, and the newest position; raises `PositionGone`."""

        def work(snapshot: Snapshot) -> tuple[list[Change[Any]], Position, int]:
            return snapshot.changes(after, limit), snapshot.position, snapshot.oldest

        found, newest, oldest = await self.reader.run(work)
        if oldest > after + 1:
            raise gone(Position(self.incarnation, after), oldest, self.incarnation)
        return found, newest

    async def log_since(
        self, view_of: Callable[[Caller], View], number: int, who: Caller, limit: int
    ) -> tuple[list[Event], int]:
        """See `operations.log_since`."""
        return await log_since(view_of, number, who, limit, self)

    async def export(
        self, query: Query[Any], who: Caller = ANYONE
    ) -> AsyncIterator[tuple[Position, list[bytes]]]:
        """All of `query` that `who` may see: one piece or more, of one snapshot, each with its position.

        Raises:
            NotSignedIn, Forbidden: it may see nothing of the resource.
        """
        async with self.reader.hold() as held:
            restricted, at = await held.run(
                lambda snapshot: (self._restricted(query, who, snapshot), snapshot.position)
            )
            yield at, []
            async for piece in pieces(restricted, held):
                yield at, piece

    async def write(self, command: Command[T], context: Context = NOBODY) -> tuple[T, Position]:
        """Run a command; returns its result and the position after it. See `operations.write`."""
        result, number = await write(command, self._intake, context)
        return result, Position(self.incarnation, number)

    async def write_as(
        self, command: Callable[[Permitted], T], then: Callable[[T], U], context: Context = NOBODY
    ) -> U:
        """Run a client's command, within what its caller may do; returns what `then` makes of its result.

        That may be made while the command is committed, and is dropped if that fails.
        """
        made: U
        made, _ = await write(
            lambda tx: command(Permitted(tx, context.caller, self.rights, self.declarations)),
            self._intake,
            context,
            then,
        )
        return made

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

    async def present(self, query: Query[Any], who: Caller = ANYONE) -> AsyncIterator[Batch]:
        """What matches now, in batches from one snapshot, then `live`: the list is complete."""
        async for at, piece in self.export(query, who):
            if piece:
                yield Batch([Event("present", each) for each in piece], at.number)
        yield Batch([self.live_event(at.number)], at.number)

    def live_event(self, number: int) -> Event:
        """The event that says: from here on, only changes."""
        body = b'{"position":"%b"}' % str(Position(self.incarnation, number)).encode()
        return Event("live", body, number)

    def admit(self, others: int = 0) -> None:
        """Let one more follow, beside so many `others`; raises `Unavailable` if too many do, or the service
        stops."""
        if self.draining:
            raise Unavailable("The service stops.", "Try again.", headers={"Retry-After": "1"})
        if self.live.followers + others >= self.settings.max_follows:
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
        follower: Follower | None = None,
        ended: Ended | None = None,
        member: str | None = None,
    ) -> AsyncIterator[Batch]:
        """See `operations.follow`."""
        return follow(
            view,
            number,
            self.live,
            self.reader,
            bound=self.settings.follower_bytes,
            follower=follower,
            ended=ended,
            member=member,
        )

    def follow_query(
        self,
        query: Query[Any],
        number: int,
        who: Caller = ANYONE,
        follower: Follower | None = None,
        ended: Ended | None = None,
        turned: bool = False,
    ) -> AsyncIterator[Batch]:
        """See `operations.following`."""
        return follow_query(query, number, who, self, follower, ended, turned)

    def follow_log(
        self,
        view_of: Callable[[Caller], View],
        number: int,
        who: Caller = ANYONE,
        follower: Follower | None = None,
        ended: Ended | None = None,
        turned: bool = False,
    ) -> AsyncIterator[Batch]:
        """See `operations.following`."""
        return follow_log(view_of, number, who, self, follower, ended, turned)

    def _note(self, changes: list[Change[Any]] | None) -> None:
        """Learn whose sessions are over, from the state where the log no longer tells it."""
        if changes is not None:
            self.rights.note(changes)
        else:
            self._relearning = asyncio.get_running_loop().create_task(self._relearn())

    def _ended_elsewhere(self, session: str) -> bool:
        """See `Rights.ended_elsewhere`: whoever ended a session on one worker finds it over on all."""
        revocations = self.rights.revocations
        assert revocations is not None

        def ended(snapshot: Snapshot) -> bool:
            written = snapshot.position.number > self.live.number
            return written and snapshot.fetch(revocations, session) is not None

        try:
            with self.store.glance() as snapshot:
                return ended(snapshot)
        except TakesTime:
            with self.store.snapshot() as snapshot:
                return ended(snapshot)

    async def _relearn(self) -> None:
        self.rights.learn(await self.reader.run(self.rights.over))

    async def _pull(self, after: int, limit: int) -> list[Change[Any]]:
        return await self.reader.run(lambda snapshot: snapshot.changes(after, limit))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.settings.heartbeat_seconds)
            self.live.bookmark()
