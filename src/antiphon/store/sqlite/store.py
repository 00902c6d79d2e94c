"""The SQLite store: state and log in one file, one writer thread, readers beside it."""

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
from sqlalchemy.dialects import sqlite

from antiphon.errors import Problem, StoreError, Unavailable
from antiphon.observations import Observers, Pruned, StoreFailed
from antiphon.operations import Deliver, Pending, TakesTime
from antiphon.resources import Declaration
from antiphon.settings import Settings
from antiphon.store.sqlite.backup import copy_store, forget
from antiphon.store.sqlite.checkpoints import Checkpoints
from antiphon.store.sqlite.connection import LOST, connect, refusal
from antiphon.store.sqlite.retention import prune
from antiphon.store.sqlite.rows import HEAD, SqliteReads, SqliteRows
from antiphon.store.sqlite.schema import Schema
from antiphon.store.statements import Statements
from antiphon.store.tables import describe_tables
from antiphon.store.writer import Writer

GLANCE_STEPS = 1000
GLANCE_TURNS = 8
"""How long a glance may take: so many times so many steps of SQLite's virtual machine. A page of 50 from an
index takes 2,000 steps; all 8,000 take half a millisecond."""


class SqliteStore:
    """A `Store` in one file. Several processes may use the same file; each notices the others' commits."""

    def __init__(
        self,
        path: Path,
        declarations: Iterable[Declaration[Any]],
        settings: Settings,
        observers: Observers,
    ) -> None:
        self.path = path
        self._declarations = {declaration.path: declaration for declaration in declarations}
        self._settings = settings
        metadata = describe_tables(self._declarations.values())
        dialect = sqlite.dialect(paramstyle="qmark")
        self._statements = Statements(metadata, dialect)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The data folder {path.parent} cannot be made: {error.strerror}.", "Choose another."
            ) from None
        self._schema = Schema(self._declarations.values(), metadata, dialect)
        connection = connect(path, writes=True)
        try:
            self.incarnation = self._schema.ensure(connection)
        except apsw.Error as error:
            raise StoreError(f"The store {path} cannot be used: {error}.", "Check the data folder.") from None
        finally:
            connection.close()
        self._idle: queue.SimpleQueue[apsw.Connection] = queue.SimpleQueue()
        self._glancing: apsw.Connection | None = None
        self._turns = 0
        self._version = self._newest = -1
        self._held = threading.BoundedSemaphore(settings.max_snapshots)
        self._checkpoints = Checkpoints(path)
        self._writer = Writer(self._medium, observers)
        self._observers = observers

    def _medium(self) -> "_Medium":
        return _Medium(self)

    def submit(self, *pending: Pending) -> None:
        self._writer.submit(*pending)

    def deliver_to(self, deliver: Deliver) -> None:
        self._writer.deliver_to(deliver)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteReads]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = connect(self.path)
        try:
            with self._reading(connection) as snapshot:
                yield snapshot
        finally:
            self._idle.put(connection)

    @contextmanager
    def glance(self) -> Iterator[SqliteReads]:
        connection = self._glancing or self._begin_glancing()
        self._turns = GLANCE_TURNS
        try:
            connection.execute("BEGIN")
            yield SqliteReads(connection, self._statements, self._declarations, self.incarnation)
        except (apsw.InterruptError, apsw.BusyError) as error:
            raise TakesTime from error
        except apsw.Error as error:
            raise refusal(error) from error
        finally:
            self._turns = -1  # the end of a glance is not interrupted
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def newest(self) -> int:
        connection = self._glancing or self._begin_glancing()
        try:
            version = connection.execute("PRAGMA data_version").get
            if version != self._version:
                self._newest = connection.execute(HEAD).get
                self._version = version
        except apsw.BusyError as error:
            raise TakesTime from error
        except apsw.Error as error:
            raise refusal(error) from error
        return self._newest

    def _begin_glancing(self) -> apsw.Connection:
        self._glancing = connect(self.path)
        self._glancing.set_busy_timeout(0)
        self._glancing.set_progress_handler(self._turn, GLANCE_STEPS)
        return self._glancing

    def _turn(self) -> bool:
        """Called by SQLite each so many steps, by a count that runs on from one use of a statement to the
        next; whether to interrupt."""
        self._turns -= 1
        return self._turns == 0

    @contextmanager
    def hold(self) -> Iterator[SqliteReads]:
        if not self._held.acquire(blocking=False):
            raise Unavailable(
                f"{self._settings.max_snapshots} long answers are being given already.",
                "Try again.",
                headers={"Retry-After": "1"},
            )
        try:
            connection = connect(self.path)
            try:
                with self._reading(connection) as snapshot:
                    yield snapshot
            finally:
                connection.close()
        finally:
            self._held.release()

    @contextmanager
    def _reading(self, connection: apsw.Connection) -> Iterator[SqliteReads]:
        connection.execute("BEGIN")
        try:
            snapshot = SqliteReads(connection, self._statements, self._declarations, self.incarnation)
            yield snapshot
        except apsw.Error as error:
            raise refusal(error) from error
        finally:
            connection.execute("ROLLBACK")

    def fork(self) -> "SqliteStore":
        path = self.path.with_name(f".{self.path.name}.fork")
        forget(path)  # what one who was killed left behind
        connection = connect(self.path)
        try:
            copy_store(connection, path)
        finally:
            connection.close()
        return _Fork(path, self._declarations.values(), self._settings, Observers())

    def ping(self) -> None:
        with self.snapshot() as snapshot:
            _ = snapshot.position

    def close(self) -> None:
        self._writer.close()
        self._checkpoints.close()
        if self._glancing is not None:
            self._glancing.close()
        with suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()


class _Fork(SqliteStore):
    """One that is gone when it is closed."""

    def close(self) -> None:
        super().close()
        forget(self.path)


class _Medium:
    """The writer's connection; see `Medium`."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._connection = connect(store.path, writes=True)
        self._connection.execute(
            "PRAGMA cache_size = -64000"
        )  # index pages in no order, dirtied again and again
        self._cursor = self._connection.cursor()
        store._checkpoints.watch(self._connection)
        self._version = -1
        self._schema_version = -1
        settings = store._settings
        self.rows = SqliteRows(
            self._connection,
            store._statements,
            store._declarations,
            store.incarnation,
            settings.idempotency_hours * 3600,
        )

    def begin(self) -> tuple[int, str]:
        self._cursor.execute("BEGIN IMMEDIATE")
        version = self._cursor.execute("PRAGMA schema_version").get
        if version != self._schema_version:
            self._store._schema.expect(self._connection)
            self._schema_version = version
        row = self._cursor.execute(
            "SELECT position, time FROM antiphon_log ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return row or (0, "")

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    def told(self) -> None:
        if self._store._checkpoints.nearly:
            self._store._checkpoints.finish(self._connection)

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def refusal(self, error: BaseException) -> Problem | None:
        return refusal(error) if isinstance(error, LOST) else None

    def newest(self) -> int | None:
        version = self._cursor.execute("PRAGMA data_version").get
        if version == self._version:
            return None
        self._version = version
        newest: int = self._cursor.execute(HEAD).get
        return newest

    def tidy(self) -> None:
        pruned, oldest = prune(self._connection, self._store._settings)
        if pruned:
            self._store._observers(Pruned(pruned, oldest))

    def close(self) -> None:
        try:
            self._connection.execute("PRAGMA optimize")
        except apsw.Error as error:
            self._store._observers(StoreFailed(error))
        self._connection.close()
