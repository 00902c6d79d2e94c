"""What the operations need of a store, with its guarantees. `tests/contracts` holds every store to them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct

from antiphon.access import ANYONE, Caller
from antiphon.log import Change, Position
from antiphon.operations.progress import Progress, Tally, Waiting
from antiphon.queries import Query
from antiphon.resources import Declaration


class ReactionReads(Protocol):
    """What is kept of the service's reactions, as it is read."""

    def reactions(self, name: str | None = None) -> list[Progress]:
        """All of them by name, or the one of this name, if it is known."""

    def waiting(
        self,
        reaction: str,
        *,
        key: str | None = None,
        due: float | None = None,
        parked: bool = False,
        limit: int | None = None,
    ) -> list[Waiting]:
        """Changes that are set aside, in order: all, or those of a key, due by then, or parked."""

    def keys(self, reaction: str) -> set[str]:
        """The keys of which changes are set aside."""

    def tally(self, reaction: str) -> Tally:
        """How many are set aside."""


class ReactionRows(ReactionReads, Protocol):
    """The same, as it is changed."""

    def keep_reaction(self, progress: Progress) -> None:
        """Remember it, in place of what was known of a reaction of that name."""

    def set_aside(self, waiting: Waiting) -> None:
        """Keep a change behind all others (`place` 0), or in the place that it has."""

    def let_go(self, waiting: Waiting) -> None:
        """Remove a change that was set aside."""


class Rows(ReactionRows, Protocol):
    """The state's tables, as the writer's open transaction sees and changes them.

    Each method is one statement: if it raises, it has changed nothing.
    """

    def fetch(self, declaration: Declaration[Any], id: str) -> bytes | None:
        """The stored record, or None."""

    def page(self, query: Query[Any], limit: int | None) -> list[bytes]:
        """Stored records that match, in order, at most `limit`, after `query.after`."""

    def insert(self, declaration: Declaration[Any], row: tuple[Any, ...]) -> None:
        """Add a row of `declaration.columns`; raises AlreadyExists, NotUnique, Invalid (a reference)."""

    def replace(self, declaration: Declaration[Any], row: tuple[Any, ...]) -> None:
        """Replace the row of the same id; raises NotUnique, Invalid (a reference)."""

    def delete(self, declaration: Declaration[Any], id: str) -> None:
        """Remove the row; raises StillReferenced."""

    def guard(self) -> None:
        """Remember this state, for `undo`; one at a time."""

    def keep(self) -> None:
        """Forget what `guard` remembered; what was done since stays."""

    def undo(self) -> None:
        """Go back to what `guard` remembered, and forget it."""

    def check(self, error: BaseException | None = None) -> None:
        """Raise what the whole batch is lost to, if it is: `error`, or one that a command hid."""

    def append(self, changes: list[Change[Any]]) -> None:
        """Add entries to the log."""

    def recall(self, caller: str, key: str) -> "Remembered | None":
        """The answer that was given under an idempotency key and has not expired."""

    def remember(self, caller: str, key: str, remembered: "Remembered") -> None:
        """Keep an answer under an idempotency key."""


class Remembered(Struct, frozen=True):
    """An answer as first given: `fingerprint` is the request's, `answer` the encoded answer."""

    fingerprint: bytes
    answer: bytes


class Snapshot(ReactionReads, Protocol):
    """One state of the store: everything it answers is exact at `position`."""

    @property
    def position(self) -> Position:
        """The newest position the snapshot sees."""

    @property
    def oldest(self) -> int:
        """The number of the oldest log entry that is kept; one more than the newest if there is none."""

    def fetch(self, declaration: Declaration[Any], id: str) -> bytes | None:
        """The stored record, or None."""

    def page(self, query: Query[Any], limit: int | None) -> list[bytes]:
        """Stored records that match, in order, at most `limit`, after `query.after`."""

    def count(self, query: Query[Any]) -> int:
        """How many records match."""

    def changes(self, after: int, limit: int, through: int | None = None) -> list[Change[Any]]:
        """Log entries with numbers above `after` (up to `through`), oldest first, at most `limit`."""


class TakesTime(Exception):
    """A glance has become a look: scanning, sorting, or waiting."""


class Context(Struct, frozen=True):
    """On whose behalf and why a command runs; goes into its changes."""

    caller: Caller = ANYONE
    cause: str | None = None
    trace: str | None = None


Deliver = Callable[[list[Any], list[Change[Any]] | None, int], None]
"""Told by the writer after each commit: the commands that wait, their changes (None: to be read from the
log) and the newest number. Called on the writer's thread, in commit order."""


class Store(Protocol):
    """Where state and log live. Position order is commit order; what `submit` resolves is durable."""

    incarnation: str

    def submit(self, *pending: Any) -> None:
        """Queue commands for the writer, all or none."""

    def deliver_to(self, deliver: Deliver) -> None:
        """Tell `deliver` of every commit from now on, other processes' too."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """A snapshot for a short read on the calling thread."""

    def glance(self) -> AbstractContextManager[Snapshot]:
        """A snapshot for a read that should take no time, on the event loop's thread.

        Raises `TakesTime` as soon as it does take some; the read is then done again, on a thread.
        """

    def newest(self) -> int:
        """The newest position's number, on the event loop's thread. Raises `TakesTime` where it does."""

    def hold(self) -> AbstractContextManager[Snapshot]:
        """A snapshot of its own, for an answer that takes long; usable from one thread at a time."""

    def fork(self) -> "Store":
        """A store of its own with all that this one holds now, gone when it is closed; one at a time."""

    def ping(self) -> None:
        """Return if the store answers; raise otherwise."""

    def close(self) -> None:
        """Finish what is queued, and let go."""


class Bus(Protocol):
    """How a service tells other processes that it brought its log further, and hears that they did.

    What it carries is a hint: a store notices by itself what others committed, a little later.
    """

    def tell(self, head: int) -> None:
        """Tell the others of the newest number; called on the writer's thread."""

    def hear(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the newest number, on the running event loop, whenever another tells of it."""

    def leave(self) -> None:
        """Hear no more."""


Records = Iterator[bytes]
