"""Running: one reaction at work, from its source to its effects."""

import asyncio
import time
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from antiphon.client import Pauses
from antiphon.errors import PositionGone, Problem
from antiphon.log import Position, parse_position
from antiphon.observations import Failed, Reacted, ReactionFailed, ReactionHeld
from antiphon.operations.interfaces import Snapshot
from antiphon.operations.progress import BEGINNING, NOW, Progress, Tally
from antiphon.operations.react.figures import Figures
from antiphon.operations.react.handling import Failure, Handled, Handling, Moved
from antiphon.operations.react.inbox import Inbox
from antiphon.operations.react.reaction import Reaction
from antiphon.operations.react.rebuild import Rebuilding
from antiphon.operations.react.sources import Piece, Source
from antiphon.operations.service import Service
from antiphon.operations.transaction import Transaction

ASK_SECONDS = 5.0
"""How often a source of which nothing comes is asked where it has come to."""
LOOK_SECONDS = 1.0
"""How often a reaction looks whether the store says something else of it, and keeps where it is."""


class Running:
    """Follows a source from the position that the store has, and goes on for ever.

    `rebuilds` is held by the one reaction of the service that is being rebuilt.
    """

    def __init__(self, reaction: Reaction, source: Source, service: Service, rebuilds: asyncio.Lock) -> None:
        self.reaction = reaction
        self._source = source
        self._service = service
        self._handling = Handling(
            reaction, reaction.service or service.name, service.settings.max_cause_depth
        )
        self._progress = Progress(reaction.name, reaction.source, reaction.start, code=reaction.code)
        self._reached = Position("", 0)
        self._newest = 0
        self._behind: str | None = None
        self._tally = Tally(0, 0, 0, None)
        self._bell = asyncio.Event()
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        self._rebuilds = rebuilds
        self._rebuilding: asyncio.Task[None] | None = None
        self._looked = 0.0
        self._heard = 0.0
        self._trouble: str | None = None
        self._pauses = Pauses()

    def stop(self) -> None:
        """Finish what is at hand, and end."""
        self._stopping.set()
        self._bell.set()

    def figures(self) -> Figures:
        """How it is doing."""
        seconds = 0.0 if self._behind is None else max(0.0, time.time() - unix_time(self._behind))
        lag = max(0, self._newest - self._reached.number)
        waiting = self._tally.retrying + self._tally.behind
        return Figures(
            self.reaction.name,
            self.reaction.source,
            self._progress.state == "running",
            self._reached.number,
            lag,
            seconds,
            self._tally.parked,
            waiting,
        )

    async def run(self) -> None:
        """React until stopped."""
        try:
            await self._run()
        finally:
            if (task := self._rebuilding) is not None:
                task.cancel()
                await asyncio.wait([task])

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._begin()
                if self._progress.state == "gone":
                    await self._rest(LOOK_SECONDS)
                else:
                    await self._follow()
            except Moved:
                continue
            except PositionGone as gone:
                await self._hold("gone", gone.detail)
            except Problem as trouble:
                if not self._service.draining:  # or it is we who stop
                    await self._hold("waiting", str(trouble))
                await self._rest(self._pauses.next())
            except Exception as error:
                self._service.observers(Failed("", error))
                await self._hold("waiting", f"{type(error).__name__}: {error}")
                await self._rest(self._pauses.next())

    async def _begin(self) -> None:
        """Know where to go on."""
        fresh = self._progress

        def command(tx: Transaction) -> Progress:
            found = tx.rows.reactions(self.reaction.name)
            progress = replace(found[0], source=self.reaction.source) if found else fresh
            if self.reaction.owns and progress.code != self.reaction.code and progress.rebuild is None:
                progress = replace(progress, rebuild="stale")
            if not found or progress != found[0]:
                tx.rows.keep_reaction(progress)
            return progress

        self._progress, _ = await self._service.write(command)
        if self._progress.position in (BEGINNING, NOW) and self._progress.state != "gone":
            newest = await self._source.newest()
            start = Position(newest.incarnation, 0) if self._progress.position == BEGINNING else newest
            await self._keep(start, newest.number)
        if self._progress.state != "gone":
            self._reached = parse_position(self._progress.position)

    async def _follow(self) -> None:
        """Handle what comes, and what is due, until stopped."""
        inbox = Inbox(self._source.follow(self.reaction.path, self._reached), self._bell)
        asking = asyncio.create_task(self._ask())
        try:
            while not self._stopping.is_set():
                self._bell.clear()
                piece = inbox.take() if self._room else None
                async with self._turn:
                    await self._step(piece, inbox.oldest)
                now, due = time.time(), self._tally.due
                if piece is None and now - self._looked < LOOK_SECONDS and not self._is_due():
                    wait = self._looked + LOOK_SECONDS - now
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait if due is None else min(wait, due - now)):
                            await self._bell.wait()
        finally:
            asking.cancel()
            await inbox.close()
            await self._finish()

    async def _step(self, piece: Piece | None, next_time: str | None) -> None:
        """Keep what is done, handle a piece, and have a look from time to time."""
        await self._settle()
        if piece is not None:
            self._heard = time.time()
            self._pauses.reset()
            self._newest = max(self._newest, piece.newest)
            if piece.rows:
                self._behind = piece.rows[0][1]
            await self._take(piece, next_time)
        if time.time() - self._looked >= LOOK_SECONDS or self._is_due():
            await self._look()

    async def _ask(self) -> None:
        """Ask a quiet source where it has come to: it may have much to tell, or be no more."""
        while True:
            await asyncio.sleep(ASK_SECONDS)
            if time.time() - self._heard < ASK_SECONDS:
                continue
            try:
                self._newest = max(self._newest, (await self._source.newest()).number)
                self._trouble = None
            except Problem as trouble:
                self._trouble = str(trouble)

    # What follows is for functions that run in the transaction; `Outside` has its own for those that wait.

    @property
    def _room(self) -> bool:
        """Whether more can be taken now."""
        return True

    async def _take(self, piece: Piece, next_time: str | None) -> None:
        """Handle a piece."""
        while piece.rows and not self._stopping.is_set():
            handled, _ = await self._service.write(self._handling.handle(piece, self._progress, next_time))
            self._note(handled)
            piece = replace(piece, rows=piece.rows[handled.count :])
        if not piece.rows:
            self._reached = piece.position

    async def _settle(self) -> None:
        """Keep what is done."""

    async def _retry(self) -> None:
        """Try what is due."""
        while self._is_due() and not self._stopping.is_set():
            failures, _ = await self._service.write(self._handling.again())
            self._tell(failures)
            await self._read()

    async def _finish(self) -> None:
        """Come to an end with what is begun."""

    # The rest is the same for all.

    def _is_due(self) -> bool:
        return self._tally.due is not None and self._tally.due <= time.time()

    async def _look(self) -> None:
        """See what the store says, do what is due, and keep where we are."""
        await self._read()
        self._looked = time.time()
        await self._retry()
        if self._trouble is not None and time.time() - self._heard >= ASK_SECONDS:
            await self._hold("waiting", self._trouble)
        elif str(self._reached) != self._progress.position or self._progress.state != "running":
            await self._keep(self._reached, self._newest)

    async def _read(self) -> None:
        """Read what the store says; raises `Moved` if that is not what we know."""
        name = self.reaction.name

        def read(snapshot: Snapshot) -> tuple[list[Progress], Tally]:
            return snapshot.reactions(name), snapshot.tally(name)

        found, self._tally = await self._service.reader.run(read)
        if not found or found[0].position != self._progress.position or found[0].state == "gone":
            raise Moved
        if found[0].rebuild in ("asked", "running") and self._rebuilding is None:
            work = Rebuilding(self.reaction, self._handling, self._source, self._service, self._turn)
            self._rebuilding = asyncio.create_task(self._rebuild(work))

    async def _rebuild(self, work: Rebuilding) -> None:
        try:
            async with self._rebuilds:
                await work.run()
        finally:
            self._rebuilding = None

    def _note(self, handled: Handled) -> None:
        """Take over what a command did."""
        self._progress = handled.progress
        self._reached = parse_position(handled.progress.position)
        self._behind = handled.progress.behind
        self._tell(handled.failures)
        self._service.observers(
            Reacted(self.reaction.name, handled.count, len(handled.failures), handled.progress.position)
        )

    async def _keep(self, reached: Position, newest: int) -> None:
        def command(tx: Transaction) -> Progress:
            self._handling.expect(tx.rows, self._progress)
            return self._handling.keep(tx.rows, self._progress, reached, newest, None)

        self._progress, _ = await self._service.write(command)

    async def _hold(self, state: str, reason: str) -> None:
        """Say in the store, and to those who listen, why it does not go on."""
        if (self._progress.state, self._progress.error) == (state, reason):
            return
        self._service.observers(ReactionHeld(self.reaction.name, self.reaction.source, state, reason))

        def command(tx: Transaction) -> Progress:
            found = tx.rows.reactions(self.reaction.name)
            if not found or found[0].position != self._progress.position:
                raise Moved
            made = replace(found[0], state=state, error=reason)
            tx.rows.keep_reaction(made)
            return made

        with suppress(Problem, Moved):  # the store may be what gives no answer
            self._progress, _ = await self._service.write(command)

    def _tell(self, failures: list[Failure]) -> None:
        for failure in failures:
            waiting = failure.waiting
            self._looked = 0.0
            self._service.observers(
                ReactionFailed(
                    waiting.reaction,
                    waiting.position,
                    waiting.key,
                    waiting.tries,
                    waiting.due is None,
                    failure.error,
                )
            )

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def unix_time(text: str) -> float:
    """The time of a log entry in seconds."""
    return datetime.fromisoformat(text).timestamp()
