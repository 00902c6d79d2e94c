"""What a SQLite store keeps of its service's reactions."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
from msgspec.structs import astuple

from antiphon.errors import StoreError
from antiphon.operations import Progress, Tally, Waiting
from antiphon.store.sqlite.connection import connect, transaction

PROGRESS = ", ".join(Progress.__struct_fields__)
WAITING = ", ".join(Waiting.__struct_fields__)
KEEP = f"INSERT OR REPLACE INTO antiphon_reactions ({PROGRESS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SET_ASIDE = f"INSERT OR REPLACE INTO antiphon_waiting ({WAITING}) VALUES (?, ?, ?, ?, ?, ?, ?, nullif(?, 0))"
TALLY = (
    "SELECT count(*) FILTER (WHERE due IS NULL AND error IS NOT NULL), count(due), "
    "count(*) FILTER (WHERE due IS NULL AND error IS NULL), min(due) FROM antiphon_waiting WHERE reaction = ?"
)


@contextmanager
def open_reactions(path: Path) -> Iterator["SqliteReactionRows"]:
    """See `antiphon.store.open_reactions`."""
    if not path.is_file():
        raise StoreError(f"There is no store {path}.", "Name it as FOLDER/APPLICATION.")
    try:
        with closing(connect(path, writes=True)) as connection, transaction(connection):
            yield SqliteReactionRows(connection)
    except apsw.Error as error:
        raise StoreError(
            f"The reactions in {path} cannot be changed: {error}.", "Start its server once."
        ) from None


class SqliteReactionReads:
    """A `ReactionReads` on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._cursor = connection.cursor()

    def reactions(self, name: str | None = None) -> list[Progress]:
        where, values = ("", []) if name is None else (" WHERE name = ?", [name])
        sql = f"SELECT {PROGRESS} FROM antiphon_reactions{where} ORDER BY name"
        return [Progress(*row) for row in self._rows(sql, values)]

    def waiting(
        self,
        reaction: str,
        *,
        key: str | None = None,
        due: float | None = None,
        parked: bool = False,
        limit: int | None = None,
    ) -> list[Waiting]:
        sql = f"SELECT {WAITING} FROM antiphon_waiting WHERE reaction = ?"
        values: list[Any] = [reaction]
        if key is not None:
            sql += " AND key = ?"
            values.append(key)
        if due is not None:
            sql += " AND due <= ?"
            values.append(due)
        if parked:
            sql += " AND due IS NULL AND error IS NOT NULL"
        values.append(-1 if limit is None else limit)
        return [Waiting(*row) for row in self._rows(f"{sql} ORDER BY place LIMIT ?", values)]

    def keys(self, reaction: str) -> set[str]:
        sql = "SELECT DISTINCT key FROM antiphon_waiting WHERE reaction = ?"
        return {key for (key,) in self._rows(sql, (reaction,))}

    def tally(self, reaction: str) -> Tally:
        return Tally(*self._rows(TALLY, (reaction,))[0])

    def _rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        return self._cursor.execute(sql, values).fetchall()  # to the end: an open statement holds a snapshot


class SqliteReactionRows(SqliteReactionReads):
    """A `ReactionRows` on a connection that is in a transaction."""

    def keep_reaction(self, progress: Progress) -> None:
        self._cursor.execute(KEEP, astuple(progress))

    def set_aside(self, waiting: Waiting) -> None:
        self._cursor.execute(SET_ASIDE, astuple(waiting))

    def let_go(self, waiting: Waiting) -> None:
        self._cursor.execute("DELETE FROM antiphon_waiting WHERE place = ?", (waiting.place,))
