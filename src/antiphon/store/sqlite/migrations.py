"""Migrations: bringing the tables of a file from one form to another.

Every table whose rows change is made anew from its records, by the code that made them in the first
place, so that a migrated file and a fresh one are the same; SQLite's ALTER TABLE can neither do most of
what is needed nor touch the records' JSON. Alembic is not used: it runs on Python's own sqlite3, and a
second SQLite library in one process lets go of the first one's locks when it closes the file
(https://www.sqlite.org/howtocorrupt.html, 2.2.1); it knows nothing of folded columns and JSON.

What differs from a record only by what decoding the old one gives (a new field at its default) is
written in place: log entries stay, and decode to the same. Any other difference is a change, and is in
the log as one.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import apsw
from sqlalchemy import Dialect, MetaData, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from antiphon.errors import StoreError
from antiphon.resources import Declaration
from antiphon.store.sqlite.connection import transaction
from antiphon.store.sqlite.rows import APPEND
from antiphon.store.sqlite.survey import Survey, filled
from antiphon.store.statements import Statements, quote

CALLER = "antiphon migrate"
"""Who the log names for changes that a migration made."""
MOVED = "antiphon_moved"


@contextmanager
def altering(connection: apsw.Connection) -> Iterator[None]:
    """A transaction in which tables may be replaced while others refer to them.

    Raises:
        StoreError: a reference leads nowhere at the end; nothing was changed.
    """
    connection.execute("PRAGMA foreign_keys = OFF")  # has no effect within a transaction
    connection.execute("PRAGMA legacy_alter_table = ON")  # a renamed table does not take references along
    try:
        with transaction(connection):
            yield
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            if broken is not None:
                raise StoreError(
                    f"A row of {broken[0]} refers to a row of {broken[2]} that is not there.",
                    "Correct it by the code as it was before.",
                )
    finally:
        connection.execute("PRAGMA legacy_alter_table = OFF")
        connection.execute("PRAGMA foreign_keys = ON")


class Tables:
    """The declared tables, and how they are made in a file."""

    def __init__(self, connection: apsw.Connection, metadata: MetaData, dialect: Dialect) -> None:
        self.metadata = metadata
        self.dialect = dialect
        self._connection = connection

    def create(self, table: Table) -> None:
        """Make a table, without its indexes."""
        self._connection.execute(str(CreateTable(table).compile(dialect=self.dialect)))

    def index(self, table: Table) -> None:
        """Make, replace and drop indexes until they are the declared ones."""
        wanted = {
            str(index.name): str(CreateIndex(index).compile(dialect=self.dialect)) for index in table.indexes
        }
        rows = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            (table.name,),
        )
        present = {str(name): str(sql) for name, sql in rows}
        for name, sql in present.items():
            if wanted.get(name) != sql:
                self._connection.execute(f"DROP INDEX {quote(name)}")
        for name, sql in wanted.items():
            if present.get(name) != sql:
                self._connection.execute(sql)


class Migration:
    """Takes the steps of a survey, within the transaction in which the survey was made."""

    def __init__(
        self,
        connection: apsw.Connection,
        declarations: Iterable[Declaration[Any]],
        tables: Tables,
        survey: Survey,
    ) -> None:
        self._connection = connection
        self._declarations = {each.table: each for each in declarations}
        self._tables = tables
        self._survey = survey
        self._statements = Statements(tables.metadata, tables.dialect)
        head = connection.execute("SELECT position, time FROM antiphon_log ORDER BY position DESC LIMIT 1")
        self._number: int
        self._number, latest = head.fetchone() or (0, "")
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._time = max(now, latest)

    def apply(self) -> None:
        """Bring tables, records and log to the new form."""
        survey = self._survey
        if survey.anew:
            self._connection.execute("DELETE FROM antiphon_log")
        self._fill_log()
        for name in survey.old.keys() - survey.new.keys():
            if not survey.anew:
                self._log_removal(name, survey.old[name].path)
            self._connection.execute(f"DROP TABLE {quote(name)}")
        for name in survey.new:
            table = self._tables.metadata.tables[name]
            if name not in survey.old:
                self._tables.create(table)
            elif survey.anew or name in survey.remade:
                self._remake(table)
            self._tables.index(table)

    def _fill_log(self) -> None:
        """Write into log entries what the old declaration read where they have nothing."""
        for name, fills in self._survey.fills.items():
            path, former = self._survey.new[name].path, self._survey.old[name].path
            if fills or path != former:
                self._connection.execute(
                    f'UPDATE antiphon_log SET resource = ?, "before" = {filled("before", fills)}, '
                    f'"after" = {filled("after", fills)} WHERE resource = ?',
                    (path, former),
                )

    def _log_removal(self, name: str, path: str) -> None:
        for id, record in self._connection.execute(f"SELECT id, record FROM {quote(name)} ORDER BY id"):
            self._log(path, id, "removed", record, None)

    def _remake(self, table: Table) -> None:
        declaration = self._declarations[table.name]
        self._connection.execute(f"ALTER TABLE {quote(table.name)} RENAME TO {MOVED}")
        self._tables.create(table)
        insert = self._statements.insert(declaration)
        carrier = self._survey.carrier(table.name, MOVED)
        for stored in self._survey.records(table.name, MOVED):
            carried = carrier.carry(stored)
            assert carried is not None, "a survey with obstacles is not applied"
            record, encoded = carried.record, carried.encoded
            if carried.changed or self._survey.anew:
                record.revision = self._number + 1
                encoded = declaration.encode(record)
                kind, before = ("added", None) if self._survey.anew else ("changed", stored)
                self._log(declaration.path, record.id, kind, before, encoded)
            self._connection.execute(insert, declaration.row(record, encoded))
        self._connection.execute(f"DROP TABLE {MOVED}")

    def _log(self, path: str, id: Any, kind: str, before: Any, after: bytes | None) -> None:
        self._number += 1
        self._connection.execute(
            APPEND, (self._number, self._time, path, id, kind, before, after, CALLER, None, None)
        )
