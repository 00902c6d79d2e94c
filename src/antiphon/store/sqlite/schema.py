"""The schema of a SQLite store: made at start, from the declarations."""

import secrets

import apsw
from sqlalchemy import Dialect, MetaData
from sqlalchemy.schema import CreateIndex, CreateTable

from antiphon.store.sqlite.connection import transaction


def ensure_schema(connection: apsw.Connection, metadata: MetaData, dialect: Dialect) -> str:
    """Make what is missing, and return the log's incarnation."""
    with transaction(connection):
        present = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        for table in metadata.sorted_tables:
            if table.name not in present:
                connection.execute(str(CreateTable(table).compile(dialect=dialect)))
            for index in table.indexes:
                if index.name not in present:
                    connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
        connection.execute(
            "INSERT OR IGNORE INTO antiphon_meta (key, value) VALUES ('incarnation', ?)", (new_incarnation(),)
        )
        incarnation: str = connection.execute("SELECT value FROM antiphon_meta WHERE key = 'incarnation'").get
    return incarnation


def new_incarnation() -> str:
    """A name for one life of a log; two never share one."""
    return secrets.token_hex(5)
