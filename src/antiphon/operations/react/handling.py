"""Handling: what is done with changes inside the writer's transaction, where progress is kept too."""

import random
import time
from secrets import token_hex
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from antiphon.access import ANYONE, Caller
from antiphon.errors import TooDeep
from antiphon.log import Change, Position, Row
from antiphon.operations.interfaces import Context, ReactionRows, Rows
from antiphon.operations.progress import Progress, Waiting, entry_of
from antiphon.operations.react.reaction import Reaction
from antiphon.operations.react.sources import Piece
from antiphon.operations.transaction import Transaction
from antiphon.operations.write import Command

BUDGET = 0.005
"""Seconds that one command handles changes for: other writers wait meanwhile."""
BATCH = 100
LONGEST_PAUSE = 3600.0
LONGEST_ERROR = 1000


class Moved(Exception):
    """The reaction is not where this process left it: it was told to go on elsewhere."""


class Failure(Struct, frozen=True):
    """A change that could not be handled, as it is set aside now."""

    waiting: Waiting
    error: BaseException


class Handled(Struct, frozen=True):
    """What a command did: the first `count` entries of a piece are handled or set aside."""

    count: int
    progress: Progress
    failures: list[Failure]


class Handling:
    """One reaction's commands. `service` is the name of the service whose log it follows."""

    def __init__(self, reaction: Reaction, service: str, max_depth: int) -> None:
        self._reaction = reaction
        self._service = service
        self._max_depth = max_depth

    def handle(self, piece: Piece, progress: Progress, behind: str | None) -> Command[Handled]:
        """Handle as much of `piece` as time allows. `behind` is the time of the oldest entry after it.

        Raises:
            Moved: the store has the reaction elsewhere than `progress` says.
        """

        def command(tx: Transaction) -> Handled:
            rows = tx.rows
            self.expect(rows, progress)
            until = time.perf_counter() + BUDGET
            any_wait = bool(rows.waiting(self._reaction.name, limit=1))
            failures: list[Failure] = []
            count = 0
            for row in piece.rows:
                if count and time.perf_counter() > until:
                    break
                count += 1
                change = self._reaction.change(row)
                if any_wait and rows.waiting(
                    self._reaction.name, key=(key := self._reaction.key_of(change)), limit=1
                ):
                    rows.set_aside(self.aside(row, piece.position, key))
                elif (error := self.attempt(tx, change, piece.position)) is not None:
                    key = self._reaction.key_of(change)
                    failures.append(self._fail(rows, self.aside(row, piece.position, key), error))
                    any_wait = True
            reached = piece.position
            if count < len(piece.rows):
                reached = Position(reached.incarnation, piece.rows[count - 1][0])
                behind_now: str | None = piece.rows[count][1]
            else:
                behind_now = behind
            return Handled(count, self.keep(rows, progress, reached, piece.newest, behind_now), failures)

        return command

    def again(self) -> Command[list[Failure]]:
        """Try what is due; what waits behind a change that succeeds now is tried at once."""

        def command(tx: Transaction) -> list[Failure]:
            rows, now = tx.rows, time.time()
            until = time.perf_counter() + BUDGET
            failures: list[Failure] = []
            for first in rows.waiting(self._reaction.name, due=now, limit=BATCH):
                waiting: Waiting | None = first
                while waiting is not None and time.perf_counter() <= until:
                    change = self._reaction.change(waiting.row)
                    error = self.attempt(tx, change, position_of(waiting))
                    if error is not None:
                        failures.append(self._fail(rows, waiting, error))
                        break
                    waiting = release(rows, waiting)
            return failures

        return command

    def settle(
        self,
        done: list[tuple[Change[Any], BaseException | None, bool]],
        progress: Progress,
        reached: Position,
        newest: int,
        behind: str | None,
    ) -> Command[Handled]:
        """Keep what became of changes outside: each with its error, and whether it has to wait for others.

        Raises:
            Moved: as `handle` does.
        """

        def command(tx: Transaction) -> Handled:
            rows = tx.rows
            self.expect(rows, progress)
            failures: list[Failure] = []
            for change, error, waits in done:
                waiting = self.aside(change.row, reached, self._reaction.key_of(change))
                if error is not None:
                    failures.append(self._fail(rows, waiting, error))
                elif waits:
                    blocked = rows.waiting(waiting.reaction, key=waiting.key, limit=1)
                    rows.set_aside(waiting if blocked else replace(waiting, due=time.time()))
            return Handled(len(done), self.keep(rows, progress, reached, newest, behind), failures)

        return command

    def finish(self, waiting: Waiting, error: BaseException | None) -> Command[list[Failure]]:
        """Keep what became of a change that was tried again outside, unless it has been let go meanwhile."""

        def command(tx: Transaction) -> list[Failure]:
            if waiting not in tx.rows.waiting(waiting.reaction, key=waiting.key, limit=1):
                return []
            if error is not None:
                return [self._fail(tx.rows, waiting, error)]
            release(tx.rows, waiting)
            return []

        return command

    def expect(self, rows: Rows, progress: Progress) -> None:
        """Raise `Moved` unless the store has the reaction where `progress` says."""
        found = rows.reactions(self._reaction.name)
        if not found or found[0].position != progress.position or found[0].state == "gone":
            raise Moved

    def keep(
        self, rows: Rows, progress: Progress, reached: Position, newest: int, behind: str | None
    ) -> Progress:
        """Keep the progress to `reached`; returns it."""
        found = rows.reactions(self._reaction.name)[0]  # whose `rebuild` others may have changed
        made = replace(
            found, position=str(reached), newest=newest, behind=behind, state="running", error=None
        )
        rows.keep_reaction(made)
        return made

    def aside(self, row: Row, at: Position, key: str) -> Waiting:
        """The entry, to be set aside."""
        position = str(Position(at.incarnation, row[0]))
        return Waiting(self._reaction.name, position, key, entry_of(row))

    def context(self, row: Row, at: Position) -> Context:
        """For the effects of an entry: its caller, itself as their cause, and its trace.

        Raises:
            TooDeep: the chain of causes is longer than it may be.
        """
        position = Position(at.incarnation, row[0])
        cause = f"{self._service}/{position}" if row[8] is None else f"{self._service}/{position} {row[8]}"
        depth = cause.count(" ") + 1
        if depth > self._max_depth:
            raise TooDeep(
                f"The chain of causes is {depth} long, and max_cause_depth is {self._max_depth}: "
                f"{cause.replace(' ', ' < ')}.",
                "Break the loop: let one of these reactions leave alone what another wrote.",
            )
        return Context(ANYONE if row[7] is None else Caller(row[7]), cause, child_of(row[9]))

    def attempt(self, tx: Transaction, change: Change[Any], at: Position) -> BaseException | None:
        """Run the function as a part of `tx`; returns what it raised, having undone what it did."""
        try:
            context = self.context(change.row, at)
        except TooDeep as error:
            return error
        function = self._reaction.function
        return tx.attempt(lambda part: function(change, part), context)

    def _fail(self, rows: Rows, waiting: Waiting, error: BaseException) -> Failure:
        """Set a change aside that failed: to be tried again, or parked."""
        made = self.failed(waiting, error)
        rows.set_aside(made)
        return Failure(made, error)

    def failed(self, waiting: Waiting, error: BaseException) -> Waiting:
        """The same, having failed once more: due later, or parked."""
        tries = waiting.tries + 1
        parked = tries >= self._reaction.tries or isinstance(error, TooDeep)
        longest = min(LONGEST_PAUSE, self._reaction.pause * 2.0 ** min(tries - 1, 30))
        due = None if parked else time.time() + random.uniform(longest / 2, longest)  # noqa: S311
        text = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        told = text.encode(errors="replace").decode().replace("\0", "�")
        return replace(waiting, tries=tries, due=due, error=told)


def release(rows: ReactionRows, waiting: Waiting) -> Waiting | None:
    """Let go of a change that was set aside; the next of its key is due now, and returned."""
    rows.let_go(waiting)
    for following in rows.waiting(waiting.reaction, key=waiting.key, limit=1):
        if following.state == "behind":
            following = replace(following, due=time.time())
            rows.set_aside(following)
        return following
    return None


def position_of(waiting: Waiting) -> Position:
    """Where the change was."""
    incarnation, _, number = waiting.position.rpartition("-")
    return Position(incarnation, int(number))


def child_of(trace: str | None) -> str | None:
    """A trace context for what is done on behalf of another: the same trace, a new parent (W3C, 3.2.2.4)."""
    return None if trace is None else f"{trace[:36]}{token_hex(8)}{trace[52:]}"
