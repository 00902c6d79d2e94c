"""Reading and changing rows on one SQLite connection."""

import re
import time
from collections.abc import Mapping
from typing import Any, cast

import apsw

from antiphon.errors import AlreadyExists, FieldError, Invalid, NotUnique, StillReferenced, Unavailable
from antiphon.log import Change, Position, Row
from antiphon.operations import Remembered, taken
from antiphon.queries import Query
from antiphon.resources import Declaration
from antiphon.store.sqlite.connection import LOST
from antiphon.store.sqlite.reactions import SqliteReactionReads, SqliteReactionRows
from antiphon.store.statements import Statements, quote, segments

APPEND = (
    'INSERT INTO antiphon_log (position, time, resource, id, kind, "before", "after", caller, cause, trace) '
    "VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?)"
)
CHANGES = (
    "SELECT position, time, resource, id, kind, "
    'CAST("before" AS BLOB), CAST("after" AS BLOB), caller, cause, trace '
    "FROM antiphon_log WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
)
HEAD = "SELECT coalesce(max(position), 0) FROM antiphon_log"
NEWEST = 2**62


class SqliteReads(SqliteReactionReads):
    """A `Snapshot`, on a connection that is in a transaction."""

    def __init__(
        self,
        connection: apsw.Connection,
        statements: Statements,
        declarations: Mapping[str, Declaration[Any]],
        incarnation: str,
    ) -> None:
        super().__init__(connection)
        self._statements = statements
        self._declarations = declarations
        self._incarnation = incarnation

    @property
    def position(self) -> Position:
        return Position(self._incarnation, self._value(HEAD))

    @property
    def oldest(self) -> int:
        oldest: int | None = self._value("SELECT min(position) FROM antiphon_log")
        return self.position.number + 1 if oldest is None else oldest

    def _value(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        return self._cursor.execute(sql, values).get

    def fetch(self, declaration: Declaration[Any], id: str) -> bytes | None:
        sql = f"SELECT CAST(record AS BLOB) FROM {quote(declaration.table)} WHERE id = ?"
        found: bytes | None = self._value(sql, (id,))
        return found

    def page(self, query: Query[Any], limit: int | None) -> list[bytes]:
        found: list[bytes] = []
        for segment in segments(query):
            sql, values = self._statements.select(query, segment)
            values.append(-1 if limit is None else limit - len(found))
            found += [record for (record,) in self._cursor.execute(sql, values)]
            if limit is not None and len(found) >= limit:
                break
        return found

    def count(self, query: Query[Any]) -> int:
        sql, values = self._statements.count(query)
        found: int = self._value(sql, tuple(values))
        return found

    def changes(self, after: int, limit: int, through: int | None = None) -> list[Change[Any]]:
        rows = self._cursor.execute(CHANGES, (after, NEWEST if through is None else through, limit))
        return [Change(cast(Row, row), self._decoder(row[2])) for row in rows]

    def _decoder(self, path: str) -> Any:
        declaration = self._declarations.get(path)
        return _undeclared if declaration is None else declaration.decode


def _undeclared(stored: bytes) -> None:
    """The record of a resource that is no longer declared: there is no class to make it."""


class SqliteRows(SqliteReads, SqliteReactionRows):
    """The writer's `Rows`."""

    def __init__(
        self,
        connection: apsw.Connection,
        statements: Statements,
        declarations: Mapping[str, Declaration[Any]],
        incarnation: str,
        remember_seconds: float,
    ) -> None:
        super().__init__(connection, statements, declarations, incarnation)
        self._connection = connection
        self._remember_seconds = remember_seconds
        self._inserts = {each.path: statements.insert(each) for each in declarations.values()}
        self._replaces = {each.path: statements.replace(each) for each in declarations.values()}

    def insert(self, declaration: Declaration[Any], row: tuple[Any, ...]) -> None:
        try:
            self._cursor.execute(self._inserts[declaration.path], row)
        except apsw.ConstraintError as error:
            raise self._violation(declaration, row, error) from None

    def replace(self, declaration: Declaration[Any], row: tuple[Any, ...]) -> None:
        try:
            self._cursor.execute(self._replaces[declaration.path], (*row[1:], row[0]))
        except apsw.ConstraintError as error:
            raise self._violation(declaration, row, error) from None

    def delete(self, declaration: Declaration[Any], id: str) -> None:
        try:
            self._cursor.execute(f"DELETE FROM {quote(declaration.table)} WHERE id = ?", (id,))
        except apsw.ConstraintError:
            raise self._referenced(declaration, id) from None

    def guard(self) -> None:
        self._cursor.execute("SAVEPOINT command")

    def keep(self) -> None:
        self._cursor.execute("RELEASE command")

    def undo(self) -> None:
        self._cursor.execute("ROLLBACK TO command")
        self._cursor.execute("RELEASE command")

    def check(self, error: BaseException | None = None) -> None:
        if isinstance(error, LOST):
            raise error
        if not self._connection.in_transaction:
            raise Unavailable(
                "A write failed, and a command in the same batch hid it.",
                "Free some room on the disk; let commands raise what is no problem of theirs.",
            )

    def append(self, changes: list[Change[Any]]) -> None:
        self._cursor.executemany(APPEND, [change.row for change in changes])

    def recall(self, caller: str, key: str) -> Remembered | None:
        rows: list[Any] = self._cursor.execute(
            "SELECT fingerprint, answer FROM antiphon_answers WHERE caller = ? AND key = ? AND expires > ?",
            (caller, key, time.time()),
        ).fetchall()  # to the end: a statement left open would hold its snapshot, and the writer with it
        return Remembered(*rows[0]) if rows else None

    def remember(self, caller: str, key: str, remembered: Remembered) -> None:
        now = time.time()
        self._cursor.execute("DELETE FROM antiphon_answers WHERE expires <= ?", (now,))
        self._cursor.execute(
            "INSERT OR REPLACE INTO antiphon_answers (caller, key, fingerprint, answer, expires) "
            "VALUES (?, ?, ?, ?, ?)",
            (caller, key, remembered.fingerprint, remembered.answer, now + self._remember_seconds),
        )

    def _violation(
        self, declaration: Declaration[Any], row: tuple[Any, ...], error: apsw.ConstraintError
    ) -> AlreadyExists | NotUnique | Invalid:
        values = dict(zip(declaration.columns, row, strict=True))
        message = str(error)
        if "FOREIGN KEY" in message:
            return self._dangling(declaration, values)
        columns = re.findall(r"\.(\w+)", message)
        if columns == ["id"]:
            return taken(declaration, row[0])
        names = [column.removesuffix("_folded") for column in columns]
        by_name = declaration.by_name  # a hidden value need not be what the client sent
        held = ", ".join(
            name if by_name[name].options.hidden else f"{name} {values[name]!r}" for name in names
        )
        return NotUnique(
            f"Another {declaration.name} has {held}.",
            "Change that one, or choose another value.",
            errors=[FieldError(name, f"Another {declaration.name} has it.") for name in names],
        )

    def _dangling(self, declaration: Declaration[Any], values: dict[str, Any]) -> Invalid:
        for field in declaration.fields:
            id = values[field.name]
            if field.reference is None or id is None:
                continue
            target = self._target(field.reference)
            if id != values["id"] and self.fetch(target, id) is None:
                return Invalid(
                    f"{field.name}: there is no {target.name} {id!r}.", f"Create it first, at {target.path}."
                )
        return Invalid("A reference leads nowhere.", "Create what it refers to first.")

    def _target(self, reference: Any) -> Declaration[Any]:
        return next(each for each in self._declarations.values() if reference in (each.resource, each.name))

    def _referenced(self, declaration: Declaration[Any], id: str) -> StillReferenced:
        for other in self._declarations.values():
            for field in other.fields:
                if field.reference in (declaration.resource, declaration.name):
                    sql = f"SELECT id FROM {quote(other.table)} WHERE {quote(field.name)} = ? LIMIT 1"
                    if self._value(sql, (id,)) is not None:
                        # not which: the caller may not be allowed to see it
                        return StillReferenced(
                            f"A record at {other.path} refers to it by {field.name}.",
                            f"Delete or change what {other.path}?{field.name}={id} lists first.",
                        )
        return StillReferenced(f"Something refers to {id!r}.", "Delete or change that first.")
