"""Connections to one SQLite file, and what its errors mean."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from antiphon.errors import Problem, StoreError, StoreFull, Unavailable

BUSY_SECONDS = 10.0
"""How long to wait for another process that writes."""
TRY_SECONDS = 0.00005
"""Pause between two tries for the write lock. SQLite's own grow to a tenth of a second: of two processes that
write without a pause, one would have it for a second on end, and the other not once."""


LOST = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.PermissionsError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.NoMemError,
)
"""Errors that no command is to blame for: a whole batch is lost to them."""


def connect(path: Path, *, writes: bool = False) -> apsw.Connection:
    """A connection in WAL mode whose commits are durable (`synchronous=FULL`).

    Checkpoints are left to a thread of their own. Raises `StoreError` if the file cannot be opened.
    """
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if writes else 0)
    try:
        connection = apsw.Connection(str(path), flags=flags)
        connection.set_busy_timeout(round(BUSY_SECONDS * 1000))
        if writes:
            connection.set_busy_handler(patient(BUSY_SECONDS))
            _log_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
        else:
            connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -16000")
    except apsw.Error as error:
        raise StoreError(
            f"The store {path} cannot be opened: {error}.", "Check that it is a file of ours, and writable."
        ) from None
    return connection


def _log_ahead(connection: apsw.Connection) -> None:
    """Have a write-ahead log. SQLite asks no busy handler while two processes open a new file at once."""
    again = patient(BUSY_SECONDS)
    for tries in itertools.count():
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except apsw.BusyError:
            if not again(tries):
                raise
        else:
            return


def patient(seconds: float) -> Callable[[int], bool]:
    """A busy handler: tries again and again, for so long."""
    until = 0.0

    def again(tries: int) -> bool:
        nonlocal until
        now = time.monotonic()
        if tries == 0:
            until = now + seconds
        if now >= until:
            return False
        time.sleep(TRY_SECONDS)
        return True

    return again


def refusal(error: apsw.Error) -> Problem:
    """What to tell the callers of a write that the file did not take."""
    if isinstance(error, apsw.FullError):
        return StoreFull("The disk has no room for the write.", "Free some room; nothing was changed.")
    if isinstance(error, (apsw.ReadOnlyError, apsw.CantOpenError, apsw.IOError, apsw.PermissionsError)):
        return Unavailable(
            f"The store takes no writes: {error}.", "Check the data folder's permissions and its disk."
        )
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return Unavailable("Another process is writing for long.", "Try again.", headers={"Retry-After": "1"})
    return Unavailable(f"The store failed: {error}.", "See the log.")


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """One transaction that takes the write lock at once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
