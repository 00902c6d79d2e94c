"""The log of a SQLite store, read for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast

import apsw

from antiphon.errors import StoreError
from antiphon.log import Change
from antiphon.log.change import Row
from antiphon.operations import Progress, Waiting
from antiphon.store.history import Wanted
from antiphon.store.sqlite.connection import connect
from antiphon.store.sqlite.reactions import SqliteReactionReads
from antiphon.store.sqlite.rows import HEAD
from antiphon.store.sqlite.schema import read_imprint

PIECE = 500
"""Entries read at a time: no long read keeps the write-ahead log from being copied back."""
ENTRIES = (
    'SELECT position, time, resource, id, kind, CAST("before" AS BLOB), CAST("after" AS BLOB), '
    "caller, cause, trace FROM antiphon_log"
)
CONDITIONS = {
    "resource": "resource = ?",
    "id": "id = ?",
    "caller": "caller = ?",
    "since": "time >= ?",
    "until": "time < ?",
    "root": "' ' || cause LIKE '%/' || ?",
    "trace": "trace LIKE '00-' || ? || '-%'",
}


class SqliteHistory:
    """See `antiphon.store.History`."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise StoreError(f"There is no store {path}.", "Name it as FOLDER/APPLICATION.")
        self._path = path
        self._connection = connect(path)
        with self._explained():
            imprint = read_imprint(self._connection)
        if imprint is None:
            raise StoreError(f"The store {path} is empty.", "Start its server once.")
        self.incarnation = imprint.incarnation
        self._reactions = SqliteReactionReads(self._connection)

    def entries(self, wanted: Wanted, newest: int | None = None) -> Iterator[Change[Any]]:
        given = {name: getattr(wanted, name) for name in CONDITIONS}
        values = [value for value in given.values() if value is not None]
        where = " AND ".join(CONDITIONS[name] for name, value in given.items() if value is not None)
        if newest is not None:
            sql = f"{ENTRIES} WHERE {where or 'true'} ORDER BY position DESC LIMIT ?"
            yield from reversed(self._read(sql, [*values, newest]))
            return
        sql = f"{ENTRIES} WHERE position > ? AND {where or 'true'} ORDER BY position LIMIT ?"
        after = 0
        while piece := self._read(sql, [after, *values, PIECE]):
            yield from piece
            after = piece[-1].number

    def entry(self, number: int) -> Change[Any] | None:
        return next(iter(self._read(f"{ENTRIES} WHERE position = ?", [number])), None)

    def newest(self) -> int:
        with self._explained():
            found: int = self._connection.execute(HEAD).get
        return found

    def reactions(self) -> list[Progress]:
        with self._explained():
            return self._reactions.reactions() if self._has_reactions() else []

    def waiting(self, reaction: str) -> list[Waiting]:
        with self._explained():
            return self._reactions.waiting(reaction) if self._has_reactions() else []

    def _has_reactions(self) -> bool:
        """Whether code that knows of reactions has ever opened the store."""
        found = self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'antiphon_waiting'")
        return found.get is not None

    def _read(self, sql: str, values: list[Any]) -> list[Change[Any]]:
        with self._explained():
            return [Change(cast(Row, row), _undeclared) for row in self._connection.execute(sql, values)]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except apsw.Error as error:
            raise StoreError(
                f"The store {self._path} cannot be read: {error}.", "Restore a backup if it is damaged."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _undeclared(stored: bytes) -> None:
    """There is no class to make the record of."""
