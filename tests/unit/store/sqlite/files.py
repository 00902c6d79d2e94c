"""Stores in real files, opened by declarations that change from one opening to the next."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from antiphon.observations import Observers
from antiphon.operations import Transaction, write_and_wait
from antiphon.resources import Declaration, Resource, declare
from antiphon.settings import Settings
from antiphon.store.sqlite import SqliteStore

T = TypeVar("T")


def declared(*resources: type[Resource]) -> list[Declaration[Any]]:
    return [declare(resource) for resource in resources]


@contextmanager
def opened(path: Path, *resources: type[Resource]) -> Iterator[SqliteStore]:
    store = SqliteStore(path, declared(*resources), Settings(), Observers())
    try:
        yield store
    finally:
        store.close()


def write(path: Path, resources: tuple[type[Resource], ...], command: Callable[[Transaction], T]) -> T:
    """Run one command on the store in `path`, opened for it alone."""
    with opened(path, *resources) as store:
        return write_and_wait(command, store)[0]


def create(path: Path, *records: Resource, also: tuple[type[Resource], ...] = ()) -> list[Resource]:
    """Create records of one class, in one transaction."""
    return write(path, (type(records[0]), *also), lambda tx: [tx.create(record) for record in records])


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a person sees who opens the file with SQLite's own shell."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def tables(path: Path) -> list[tuple[Any, ...]]:
    return rows(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")


def state(path: Path, resource: type[Resource]) -> dict[str, Resource]:
    """All records, decoded; each of their columns is compared with what it should hold."""
    declaration = declare(resource)
    columns = ", ".join(f'"{column}"' for column in declaration.columns)
    found = {}
    for row in rows(path, f'SELECT {columns} FROM "{declaration.table}"'):
        encoded = row[-1].encode()
        record = declaration.decode(encoded)
        assert declaration.encode(record) == encoded, "the JSON has what the declaration has, in its order"
        assert row == (*declaration.row(record, encoded)[:-1], row[-1])
        found[record.id] = record
    return found


def folded(path: Path, resource: type[Resource]) -> dict[str, Resource]:
    """The log of one resource, decoded and folded from its beginning."""
    declaration = declare(resource)
    found: dict[str, Resource] = {}
    for id, before, after in rows(
        path,
        f"SELECT id, before, after FROM antiphon_log WHERE resource = '{declaration.path}' ORDER BY position",
    ):
        if before is not None:
            declaration.decode(before.encode())
        if after is None:
            del found[id]
        else:
            found[id] = declaration.decode(after.encode())
    return found


def check(path: Path, *resources: type[Resource]) -> None:
    """The file is sound, just like a fresh one, its state is its log folded, its positions are dense."""
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []
    fresh = path.with_name("fresh.db")
    with opened(fresh, *resources):
        pass
    assert tables(path) == tables(fresh)
    fresh.unlink()
    for resource in resources:
        assert state(path, resource) == folded(path, resource)
    first, last, count = rows(path, "SELECT min(position), max(position), count(*) FROM antiphon_log")[0]
    assert count == 0 or count == last - first + 1
