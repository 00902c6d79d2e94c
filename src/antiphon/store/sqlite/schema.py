"""The schema of a SQLite store: made at start, and brought up to date where nothing can be lost by it."""

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct
from sqlalchemy import Dialect, MetaData, Table
from sqlalchemy.dialects import sqlite

from antiphon.errors import StoreError, Unavailable
from antiphon.resources import Declaration
from antiphon.store.lock import StoreLock, holder
from antiphon.store.sqlite.connection import connect
from antiphon.store.sqlite.forms import read_form, write_form
from antiphon.store.sqlite.migrations import Migration, Tables, altering
from antiphon.store.sqlite.survey import Survey
from antiphon.store.step import Step
from antiphon.store.tables import describe_tables

FORMAT = 1
"""How a file is laid out beside the declarations; a greater number in a file means newer code wrote it."""
PATIENCE = 10.0
"""Seconds that a server which is starting may take to change the schema."""


class Imprint(Struct, frozen=True):
    """What a file says of itself: the form of its tables, as text, and the incarnation of its log."""

    form: str
    incarnation: str


def read_imprint(connection: apsw.Connection) -> Imprint | None:
    """What the file says of itself; None if it is empty.

    Raises:
        StoreError: it is no store of Antiphon's, or of a newer one.
    """
    path = connection.filename
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    meta: dict[Any, Any] = {}
    if "antiphon_meta" in tables:
        meta = dict(connection.execute("SELECT key, value FROM antiphon_meta").fetchall())  # type: ignore[arg-type]
    if not {"format", "form", "incarnation"} <= meta.keys():
        raise StoreError(
            f"The file {path} is a database, and no store of Antiphon.",
            "Choose another folder, or move it away.",
        )
    if int(meta["format"]) > FORMAT:
        raise StoreError(
            f"The store {path} has format {meta['format']}; this code knows formats up to {FORMAT}.",
            "Newer code made it: run that, or restore a backup made by this code.",
        )
    return Imprint(meta["form"], meta["incarnation"])


def new_incarnation() -> str:
    """A name for one life of a log; two never share one."""
    return secrets.token_hex(5)


class Schema:
    """The schema that declarations ask for; `metadata` and `dialect` are those of the store's statements."""

    def __init__(
        self, declarations: Iterable[Declaration[Any]], metadata: MetaData, dialect: Dialect
    ) -> None:
        self._declarations = list(declarations)
        self._metadata = metadata
        self._dialect = dialect
        self._form = write_form(self._declarations)

    def ensure(self, connection: apsw.Connection) -> str:
        """Make what is missing, and return the log's incarnation. All of it is one transaction.

        Raises:
            StoreError: something could be lost, or stands in the way; nothing was changed.
        """
        imprint = read_imprint(connection)
        if imprint is not None and imprint.form == self._form and not self._missing(connection):
            return imprint.incarnation
        if imprint is not None:
            self._await_server(connection)
        with altering(connection):
            imprint = read_imprint(connection)  # another process may have been faster
            if imprint is None:
                return self._make(connection)
            self._complete(connection)
            if imprint.form == self._form:
                return imprint.incarnation
            survey = self._survey(connection, imprint)
            _refuse_obstacles(connection, survey.steps)
            _refuse_losses(connection, survey.steps)
            return self._apply(connection, imprint, survey)

    def expect(self, connection: apsw.Connection) -> None:
        """Raise `Unavailable` if other code has changed the tables since `ensure`."""
        imprint = read_imprint(connection)
        if imprint is None or imprint.form != self._form:
            raise Unavailable(
                "Other code has changed the store's tables while this one ran.",
                "Start this program anew, with that code.",
            )

    def plan(self, connection: apsw.Connection) -> list[Step]:
        """The steps that bring the file up to date, seen from one snapshot; changes nothing."""
        connection.execute("BEGIN")
        try:
            imprint = read_imprint(connection)
            return [] if imprint is None else self._survey(connection, imprint).steps
        finally:
            connection.execute("ROLLBACK")

    def migrate(self, connection: apsw.Connection, shown: list[Step]) -> None:
        """Take the steps of a plan, losses included, if they are still those that were `shown`."""
        with altering(connection):
            imprint = read_imprint(connection)
            survey = None if imprint is None else self._survey(connection, imprint)
            if (survey.steps if survey else []) != shown:
                raise StoreError("The store was changed since the plan was made.", "Look at the new plan.")
            if imprint is not None and survey is not None:
                self._complete(connection)
                _refuse_obstacles(connection, shown)
                self._apply(connection, imprint, survey)

    def _survey(self, connection: apsw.Connection, imprint: Imprint) -> Survey:
        return Survey(connection, self._declarations, read_form(imprint.form), read_form(self._form))

    def _missing(self, connection: apsw.Connection) -> list[Table]:
        """Antiphon's own tables that older code did not know."""
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        there = {name for (name,) in rows}
        return [
            table
            for name, table in self._metadata.tables.items()
            if name.startswith("antiphon_") and name not in there
        ]

    def _complete(self, connection: apsw.Connection) -> None:
        tables = Tables(connection, self._metadata, self._dialect)
        for table in self._missing(connection):
            tables.create(table)
            tables.index(table)

    def _make(self, connection: apsw.Connection) -> str:
        tables = Tables(connection, self._metadata, self._dialect)
        for table in self._metadata.tables.values():
            tables.create(table)
            tables.index(table)
        incarnation = new_incarnation()
        connection.executemany(
            "INSERT INTO antiphon_meta (key, value) VALUES (?, ?)",
            [("format", str(FORMAT)), ("form", self._form), ("incarnation", incarnation)],
        )
        return incarnation

    def _apply(self, connection: apsw.Connection, imprint: Imprint, survey: Survey) -> str:
        Migration(
            connection, self._declarations, Tables(connection, self._metadata, self._dialect), survey
        ).apply()
        incarnation = new_incarnation() if survey.anew else imprint.incarnation
        connection.executemany(
            "UPDATE antiphon_meta SET value = ? WHERE key = ?",
            [(self._form, "form"), (incarnation, "incarnation")],
        )
        return incarnation

    def _await_server(self, connection: apsw.Connection) -> None:
        """Let a server of the same code that just starts make the change; refuse while another runs."""
        until = time.monotonic() + PATIENCE
        store = Path(connection.filename)
        while (server := holder(store)) not in (None, os.getpid()):
            imprint = read_imprint(connection)
            if imprint is not None and imprint.form == self._form:
                return
            if time.monotonic() > until:
                raise StoreError(
                    f"The server with process id {server} runs on {store} with other declarations.",
                    "Stop it first: its tables have to change.",
                )
            time.sleep(0.05)


def _refuse_obstacles(connection: apsw.Connection, steps: list[Step]) -> None:
    blocked = [f"{step.what}: {step.obstacle}" for step in steps if step.obstacle]
    if blocked:
        raise StoreError(
            f"The store {connection.filename} cannot be brought up to date. {'. '.join(blocked)}.",
            "Nothing was changed.",
        )


def _refuse_losses(connection: apsw.Connection, steps: list[Step]) -> None:
    losses = [step.what for step in steps if step.loses]
    if losses:
        raise StoreError(
            f"The store {connection.filename} holds what could be lost: {'; '.join(losses)}.",
            "If newer code wrote it, run that. If the change is meant, `antiphon migrate` shows what it "
            "would lose, and makes it.",
        )


@contextmanager
def _existing(
    path: Path, declarations: Iterable[Declaration[Any]]
) -> Iterator[tuple[Schema, apsw.Connection]]:
    if not path.exists():
        raise StoreError(f"There is no store {path}.", "Name the data folder that the server uses.")
    listed = list(declarations)
    schema = Schema(listed, describe_tables(listed), sqlite.dialect(paramstyle="qmark"))
    with closing(connect(path, writes=True)) as connection:
        try:
            yield schema, connection
        except apsw.Error as error:
            raise StoreError(
                f"The store {path} cannot be changed: {error}.", "Nothing was changed."
            ) from None


def plan_migration(path: Path, declarations: Iterable[Declaration[Any]]) -> list[Step]:
    """See `antiphon.store.plan_migration`."""
    with _existing(path, declarations) as (schema, connection):
        return schema.plan(connection)


def migrate(path: Path, declarations: Iterable[Declaration[Any]], shown: list[Step]) -> None:
    """See `antiphon.store.migrate`."""
    with StoreLock(path), _existing(path, declarations) as (schema, connection):
        schema.migrate(connection, shown)
