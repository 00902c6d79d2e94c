"""The log of a store, read from its file and folded by other code than the server's."""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import apsw
from tests.acceptance.library import app

from antiphon.queries import compile_matches, parse_query
from antiphon.resources import declare, fold

Record = dict[str, Any]
FILE = f"{app.name}.db"


class Entry(NamedTuple):
    """One change, as the log's table has it."""

    number: int
    time: str
    resource: str
    id: str
    kind: str
    before: Record | None
    after: Record | None
    after_json: str | None


class Ledger:
    """The log from its first entry to the last that was read, and the state that it adds up to."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.entries: list[Entry] = []
        self.state: dict[str, dict[str, str]] = {each.path: {} for each in app.declarations}

    @property
    def head(self) -> int:
        return self.entries[-1].number if self.entries else 0

    def read_on(self) -> list[Entry]:
        """The entries since the last call. They must be dense, and follow from the state before them."""
        with self._connection() as connection:
            rows: list[Any] = connection.execute(
                'SELECT position, time, resource, id, kind, "before", "after" FROM antiphon_log '
                "WHERE position > ? ORDER BY position",
                (self.head,),
            ).fetchall()
        found = []
        for number, time, resource, id, kind, before, after in rows:
            latest = self.entries[-1] if self.entries else None
            assert number == self.head + 1, "positions are not dense"
            assert latest is None or time >= latest.time, "time ran backwards"
            records = self.state[resource]
            assert records.get(id) == before, f"position {number} does not follow from what was before"
            assert (
                kind
                == {(False, True): "added", (True, True): "changed", (True, False): "removed"}[
                    (before is not None, after is not None)
                ]
            )
            if after is None:
                del records[id]
            else:
                assert json.loads(after)["id"] == id
                assert json.loads(after)["revision"] == number
                records[id] = after
            entry = Entry(number, time, resource, id, kind, _loaded(before), _loaded(after), after)
            self.entries.append(entry)
            found.append(entry)
        return found

    def check_tables(self) -> None:
        """Each table holds the folded state, in `record` and in its columns; the file is sound."""
        with self._connection() as connection:
            assert connection.execute("PRAGMA integrity_check").get == "ok"
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            for declaration in app.declarations:
                cursor = connection.execute(f'SELECT * FROM "{declaration.table}"')
                names = [name for name, *_ in cursor.description] if self.state[declaration.path] else []
                rows = [dict(zip(names, row, strict=True)) for row in cursor]
                assert {row["id"]: row["record"] for row in rows} == self.state[declaration.path]
                for row in rows:
                    _check_columns(row)

    def _connection(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(10_000)
        return connection


class Reading:
    """What one who follows `path`, such as `/songs?genre=jazz`, is to see of a log."""

    def __init__(self, path: str) -> None:
        self.resource, _, text = path.partition("?")
        declaration = next(each for each in app.declarations if self.resource in each.paths)
        self.resource = declaration.path
        self.query = parse_query(
            declaration, text.encode(), default_limit=None, max_limit=10_000, max_terms=1000
        )
        self._matches: Callable[[Any], bool] = compile_matches(self.query.filter)
        self._decode = declare(declaration.resource).decode

    def matches(self, record: Record | None) -> bool:
        return record is not None and self._matches(self._decode(json.dumps(record).encode()))

    def shown(self, record: Record) -> Record:
        """The record, cut to the fields that the query selects."""
        if self.query.fields is None:
            return record
        return {name: record[name] for name in record if name in ("id", "revision", *self.query.fields)}

    def told(self, entry: Entry) -> tuple[str, int, Record] | None:
        """Kind, number and data of the event that `entry` is to be told by; None if by none."""
        if entry.resource != self.resource:
            return None
        was, does = self.matches(entry.before), self.matches(entry.after)
        if does:
            assert entry.after is not None
            return ("changed" if was else "added"), entry.number, self.shown(entry.after)
        if was:
            return "removed", entry.number, {"id": entry.id, "revision": entry.number}
        return None

    def answer(self, state: Iterable[Record]) -> list[Record]:
        """The records of `state` that match, in the order asked for, the first N of them."""
        found = [each for each in state if self.matches(each)]
        for term in reversed(self.query.order):
            found.sort(key=_key(term.field.name, term.field.options.folded), reverse=term.descending)
        return found[: self.query.limit]


def _key(name: str, folded: bool) -> Callable[[Record], tuple[bool, Any]]:
    def key(record: Record) -> tuple[bool, Any]:
        value = record[name]
        return (False, 0) if value is None else (True, fold(value) if folded else value)

    return key


def _loaded(text: str | None) -> Record | None:
    return None if text is None else json.loads(text)


def _check_columns(row: Record) -> None:
    record = json.loads(row["record"])
    for name, column in row.items():
        if name == "record":
            continue
        base = name.removesuffix("_folded")
        value = record[base]
        if name != base:
            assert column == (None if value is None else fold(value)), (name, row)
        elif isinstance(value, list | dict):
            assert json.loads(column) == value, (name, row)
        elif isinstance(value, bool):
            assert column == int(value), (name, row)
        elif name == "heard" and value is not None:
            assert datetime.fromisoformat(column) == datetime.fromisoformat(value), (name, row)
        elif name == "released" and value is not None:
            assert date.fromisoformat(column) == date.fromisoformat(value), (name, row)
        else:
            assert column == value, (name, row)
