"""Rebuilding: what a reaction owns, computed anew from its source's beginning and swapped in."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

from msgspec.structs import replace

from antiphon.access import Caller
from antiphon.errors import AntiphonError, Invalid, NotUnique, Problem, StillReferenced
from antiphon.log import Position, parse_position
from antiphon.observations import Failed
from antiphon.operations.interfaces import Context, Rows, Snapshot, Store
from antiphon.operations.progress import BEGINNING, NOW, Progress
from antiphon.operations.react.handling import Handling
from antiphon.operations.react.reaction import Reaction
from antiphon.operations.react.sources import Piece, Source
from antiphon.operations.service import Service
from antiphon.operations.transaction import Transaction
from antiphon.operations.write import Command, write_and_wait
from antiphon.queries import Query, Term
from antiphon.resources import Declaration, Resource, declare

CALLER = "antiphon rebuild"
"""Who the log names for what a rebuilt projection has otherwise than the one before."""
PIECE = 500
NEAR = 1000
"""Entries that may be missing when the live reaction is held up for the last of them."""
PATIENCE = 10.0
"""Seconds that it is held up for at the most."""

Step = Callable[[Transaction], object]


class Rebuilding:
    """Runs a reaction in a fork of the store, over all of its source's log, beside the live one.

    Where both have come to the same position, one transaction makes what the reaction owns in the store what
    it is in the fork: each record that differs is a change like others. What else the reaction writes, and
    what others own, stays. `turn` is held while the live one handles something.
    """

    def __init__(
        self, reaction: Reaction, handling: Handling, source: Source, service: Service, turn: asyncio.Lock
    ) -> None:
        self._reaction = reaction
        self._handling = handling
        self._source = source
        self._service = service
        self._turn = turn
        self._owned = [declare(each) for each in reaction.owns]

    async def run(self) -> None:
        """Rebuild, swap in, and say in the store that it is done, or why it failed."""
        try:
            await self._say("running")
            await self._build()
        except AntiphonError as error:
            await self._say(f"failed: {error}")
        except Exception as error:
            self._service.observers(Failed("", error))
            await self._say(f"failed: {type(error).__name__}: {error}")

    async def _say(self, rebuild: str) -> None:
        def command(tx: Transaction) -> None:
            for found in tx.rows.reactions(self._reaction.name):
                tx.rows.keep_reaction(replace(found, rebuild=rebuild))

        with suppress(Problem):  # a store that gives no answer: it begins again
            await self._service.write(command)

    async def _build(self) -> None:
        """Run it in a fork, and swap in what comes of it.

        Raises:
            PositionGone: the source no longer reaches back to its beginning.
            AntiphonError: it owns nothing, or what is rebuilt cannot stand where the other is.
        """
        if not self._owned:
            raise AntiphonError(
                f"The reaction {self._reaction.name} owns nothing that could be rebuilt.",
                "Name the resources that it alone writes: @react(..., owns=(Chart,)).",
            )
        live = self._live()
        if live.position in (BEGINNING, NOW):
            raise AntiphonError(f"The reaction {live.name} has not begun.", "Wait for its source.")
        begin = Position(parse_position(live.position).incarnation, 0)
        async with _forked(self._service.store) as fork:
            progress = await self._write(fork, lambda tx: self._empty(tx, begin))
            async with aclosing(self._source.follow(self._reaction.path, begin)) as pieces:
                await self._replay(fork, pieces, progress)

    async def _replay(self, fork: Store, pieces: AsyncGenerator[Piece, None], progress: Progress) -> None:
        """Handle everything; when little is missing, hold up the live one for the rest, and swap."""
        async for piece in pieces:
            progress = await self._handle(fork, piece, progress)
            if not self._near(progress):
                continue
            async with self._turn:
                try:
                    async with asyncio.timeout(PATIENCE):
                        while not self._level(progress):
                            progress = await self._handle(fork, await anext(pieces), progress)
                except TimeoutError:
                    raise AntiphonError(
                        f"The rebuilt {self._reaction.name} did not come level within {PATIENCE:g} seconds.",
                        "Try again when there is less to do.",
                    ) from None
                with fork.snapshot() as staged:
                    await self._service.write(lambda tx: self._swap(tx, staged), Context(Caller(CALLER)))
            return

    async def _handle(self, fork: Store, piece: Piece, progress: Progress) -> Progress:
        while True:
            handled = await self._write(fork, self._handling.handle(piece, progress, None))
            progress = handled.progress
            if handled.count == len(piece.rows):
                return progress
            piece = replace(piece, rows=piece.rows[handled.count :])

    def _live(self) -> Progress:
        with self._service.store.snapshot() as snapshot:
            return snapshot.reactions(self._reaction.name)[0]

    def _near(self, progress: Progress) -> bool:
        return parse_position(progress.position).number + NEAR >= parse_position(self._live().position).number

    def _level(self, progress: Progress) -> bool:
        return parse_position(progress.position).number >= parse_position(self._live().position).number

    async def _write(self, fork: Store, command: Command[Any]) -> Any:
        result, _ = await asyncio.to_thread(write_and_wait, command, fork)
        return result

    def _empty(self, tx: Transaction, begin: Position) -> Progress:
        """Take from the fork what the reaction has done so far."""

        def steps() -> Iterator[Step]:
            for declaration in self._owned:
                for id, stored in _records(declaration, tx.rows):
                    yield _removal(declaration, id, stored)

        _take(steps(), tx)
        for waiting in tx.rows.waiting(self._reaction.name):
            tx.rows.let_go(waiting)
        (found,) = tx.rows.reactions(self._reaction.name)
        made = replace(found, position=str(begin), state="running", error=None)
        tx.rows.keep_reaction(made)
        return made

    def _swap(self, tx: Transaction, staged: Snapshot) -> None:
        """Make of the store's records what the fork has, and go on where it is."""
        _take(self._differences(tx.rows, staged), tx)
        name = self._reaction.name
        for waiting in tx.rows.waiting(name):
            tx.rows.let_go(waiting)
        for waiting in staged.waiting(name):
            tx.rows.set_aside(replace(waiting, place=0))
        (live,), (done,) = tx.rows.reactions(name), staged.reactions(name)
        tx.rows.keep_reaction(
            replace(live, position=done.position, newest=done.newest, code=self._reaction.code, rebuild=None)
        )

    def _differences(self, rows: Rows, staged: Snapshot) -> Iterator[Step]:
        for declaration in self._owned:
            before, after = _records(declaration, rows), _records(declaration, staged)
            for id, old, new in _side_by_side(before, after):
                if new is None:
                    assert old is not None
                    yield _removal(declaration, id, old)
                elif old is None:
                    yield _addition(declaration, new)
                elif _differ(declaration, old, new):
                    yield _replacement(declaration, new, old)


def _addition(declaration: Declaration[Any], stored: bytes) -> Step:
    return lambda tx: tx.add(declaration.decode(stored))


def _replacement(declaration: Declaration[Any], stored: bytes, before: bytes) -> Step:
    return lambda tx: tx.replace(declaration.decode(stored), before)


def _removal(declaration: Declaration[Any], id: str, stored: bytes) -> Step:
    return lambda tx: tx.remove(declaration, id, stored)


def _take(steps: Iterator[Step], tx: Transaction) -> None:
    """Take all steps, in an order in which none stands in another's way.

    Raises:
        AntiphonError: there is no such order.
    """
    left = list(steps)
    while left:
        refused: list[Step] = []
        problem: AntiphonError | None = None
        for step in left:
            try:
                step(tx)
            except (NotUnique, StillReferenced, Invalid) as error:
                problem = problem or error
                refused.append(step)
        if problem is not None and len(refused) == len(left):
            raise problem
        left = refused


def _records(declaration: Declaration[Resource], reads: Rows | Snapshot) -> Iterator[tuple[str, bytes]]:
    """All records with their ids, in the order of these."""
    query = Query(declaration, order=(Term(declaration.by_name["id"]),))
    while piece := reads.page(query, PIECE):
        for stored in piece:
            id = declaration.decode(stored).id
            yield id, stored
        query = replace(query, after=(id,))


def _side_by_side(
    before: Iterator[tuple[str, bytes]], after: Iterator[tuple[str, bytes]]
) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Each id in either, with what it has in both."""
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old[0] < new[0]):
            assert old is not None
            yield *old, None
            old = next(before, None)
        elif old is None or new[0] < old[0]:
            yield new[0], None, new[1]
            new = next(after, None)
        else:
            yield *old, new[1]
            old, new = next(before, None), next(after, None)


def _differ(declaration: Declaration[Any], old: bytes, new: bytes) -> bool:
    """Whether there is more between them than the revision."""
    first, second = declaration.decode(old), declaration.decode(new)
    first.revision = second.revision
    return bool(declaration.encode(first) != declaration.encode(second))


@asynccontextmanager
async def _forked(store: Store) -> AsyncIterator[Store]:
    """A fork of the store, made and let go on threads."""
    making = asyncio.ensure_future(asyncio.to_thread(store.fork))
    try:
        yield await asyncio.shield(making)
    finally:
        if not making.done():
            await asyncio.wait([making])
        if making.exception() is None:
            await asyncio.to_thread(making.result().close)
