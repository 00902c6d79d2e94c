"""What a change of the schema would do to the records and log entries that a file holds."""

from collections.abc import Container, Iterable, Iterator
from typing import Any

import apsw
import msgspec

from antiphon.resources import Declaration
from antiphon.store.sqlite.carrier import EXAMPLES, Carrier
from antiphon.store.sqlite.forms import FieldForm, Form, TableForm
from antiphon.store.statements import quote
from antiphon.store.step import Step

KEYS = "temp.antiphon_keys"


class Survey:
    """Goes through a file, changing nothing, and tells what steps lead from the form `old` to `new`.

    `steps` is the plan. `anew` tells whether the log has to begin anew, as its entries (or the records)
    cannot be decoded by the new declarations; `remade` names the tables whose rows have to be written
    again; `fills` has, by table, members that records and log entries may lack and what the old declaration
    read in their place, as JSON.
    """

    def __init__(
        self, connection: apsw.Connection, declarations: Iterable[Declaration[Any]], old: Form, new: Form
    ) -> None:
        self._connection = connection
        self._declarations = {each.table: each for each in declarations}
        self.old = old
        self.new = new
        self.anew = False
        self.remade: set[str] = set()
        self.fills: dict[str, dict[str, str]] = {}
        self.steps = list(self._look())

    def carrier(self, table: str, moved: str | None = None) -> Carrier:
        """What takes the records of `table` over; its old rows are found in `moved` if they lie there now."""

        def exists(target: str, id: str) -> bool:
            if target not in self.old:
                return False
            place = moved if moved is not None and target == table else target
            return self._value(f"SELECT 1 FROM {quote(place)} WHERE id = ?", id) is not None

        return Carrier(self._declarations[table], self.old[table], self.new[table], exists)

    def records(self, table: str, place: str) -> Iterator[bytes]:
        """The records of `table` by id, as they lie in the table `place`."""
        record = filled("record", self.fills.get(table, {}))
        for (stored,) in self._connection.execute(
            f"SELECT CAST({record} AS BLOB) FROM {quote(place)} ORDER BY id"
        ):
            assert isinstance(stored, bytes)
            yield stored

    def _look(self) -> Iterator[Step]:
        for table in _only(self.new, self.old):
            yield Step(f"add the table {table}")
        for table in _only(self.old, self.new):
            count = self._value(f"SELECT count(*) FROM {quote(table)}")
            yield Step(f"remove the table {table}; the log keeps its records", count, count, loses=True)
        unreadable = 0
        for table, now in self.new.items():
            was = self.old.get(table)
            if was is not None and (was != now or was.layout != now.layout):  # dicts are equal in any order
                steps, foreign = self._table(table, was, now)
                unreadable += foreign
                yield from steps
            if was is None or was.fields != now.fields:
                unreadable += self._unreadable(table, (was or now).path)
        if unreadable:
            self.anew = True
            count = self._value("SELECT count(*) FROM antiphon_log")
            yield Step(
                "begin the log anew with the records as they are then, for its entries hold some that the "
                "declarations cannot read; followers have to read again",
                count,
                count,
                loses=True,
            )

    def _table(self, table: str, was: TableForm, now: TableForm) -> tuple[list[Step], int]:
        """The steps for one table, and how many of its records cannot be decoded as they lie."""
        rows = self._value(f"SELECT count(*) FROM {quote(table)}")
        steps = []
        self.fills[table] = dict(_fills(was, now))
        if was.path != now.path:
            steps.append(Step(f"name {was.path} {now.path} in the log", rows))
        for name in _only(was.fields, now.fields):
            count = self._filled(table, name)
            steps.append(Step(f"remove {table}.{name}", count, count, loses=True))
        for name in _only(now.fields, was.fields):
            form = now.fields[name]
            missing = rows and form.required and not form.nullable
            obstacle = "they have no value for it: give it a default, or let it be null" if missing else ""
            steps.append(Step(f"add {table}.{name}", rows, obstacle=obstacle))
        if _both(was.fields, now.fields) != _both(now.fields, was.fields):
            steps.append(Step(f"put the fields of {table} in their new order", rows))
        carrier = self.carrier(table)
        keys = [names for names in now.uniques if names not in was.uniques]
        altered = [name for name in _both(now.fields, was.fields) if was.fields[name] != now.fields[name]]
        taken = self._carry_all(carrier, table, keys) if altered or keys else {}
        for name in altered:
            count = self._filled(table, name)
            steps.append(_field_step(table, name, was.fields[name], now.fields[name], carrier, count))
        for key in keys:
            steps.append(Step(f"make {_key(table, key)} unique", rows, obstacle=taken.get(tuple(key), "")))
        for key in now.indexes:
            if key not in was.indexes:
                steps.append(Step(f"index {_key(table, key)}", rows))
        for key in was.uniques + was.indexes:
            if key not in now.uniques + now.indexes:
                steps.append(Step(f"drop the key or index on {_key(table, key)}"))
        if was.layout != now.layout or carrier.rewritten:
            self.remade.add(table)
        return steps, carrier.unreadable

    def _carry_all(self, carrier: Carrier, table: str, keys: list[list[str]]) -> dict[tuple[str, ...], str]:
        """Try to carry every record; says of each new unique key who stands in its way."""
        declaration = self._declarations[table]
        places = [
            (number, [declaration.columns.index(declaration.by_name[name].column) for name in key])
            for number, key in enumerate(keys)
        ]
        self._connection.execute(f"CREATE TABLE {KEYS} (number, key, id)")
        for stored in self.records(table, table):
            carried = carrier.carry(stored)
            if carried is None or not keys:
                continue
            row = declaration.row(carried.record, carried.encoded)
            for number, columns in places:
                values = [row[place] for place in columns]
                if None not in values:  # nulls are never equal
                    self._connection.execute(
                        f"INSERT INTO {KEYS} VALUES (?, ?, ?)",
                        (number, msgspec.json.encode(values), carried.record.id),
                    )
        taken = {}
        for number, key in enumerate(keys):
            groups = self._connection.execute(
                f"SELECT CAST(key AS TEXT), count(*), min(id), max(id), count(*) OVER () FROM {KEYS} "
                f"WHERE number = ? GROUP BY key HAVING count(*) > 1 ORDER BY min(id) LIMIT {EXAMPLES}",
                (number,),
            ).fetchall()
            if groups:
                named = "; ".join(
                    f"{str(value)[1:-1]} by {count}, such as {first} and {last}"
                    for value, count, first, last, _ in groups
                )
                taken[tuple(key)] = (
                    f"values held by several records: {groups[0][-1]} ({named}); by the code as it was "
                    "before, change or delete all but one of each"
                )
        self._connection.execute(f"DROP TABLE {KEYS}")
        return taken

    def _unreadable(self, table: str, path: str) -> int:
        """How many log entries the new declaration cannot decode."""
        declaration = self._declarations[table]
        columns = ", ".join(
            f"CAST({filled(column, self.fills.get(table, {}))} AS BLOB)" for column in ("before", "after")
        )
        count = 0
        for entry in self._connection.execute(
            f"SELECT {columns} FROM antiphon_log WHERE resource = ?", (path,)
        ):
            try:
                for record in entry:
                    if record is not None:
                        declaration.decode(record)
            except msgspec.DecodeError:
                count += 1
        return count

    def _filled(self, table: str, column: str) -> int:
        return int(self._value(f"SELECT count({quote(column)}) FROM {quote(table)}"))

    def _value(self, sql: str, *values: Any) -> Any:
        return self._connection.execute(sql, values).get


def filled(column: str, fills: dict[str, str]) -> str:
    """A column of records as SQL, with the members that may be missing in its JSON."""
    members = "".join(f", '$.{name}', json({apsw.format_sql_value(text)})" for name, text in fills.items())
    return f"json_insert({quote(column)}{members})" if members else quote(column)


def _fills(was: TableForm, now: TableForm) -> Iterator[tuple[str, str]]:
    for name, form in now.fields.items():
        if name not in was.fields:
            if form.required and form.nullable:
                yield name, "null"
        elif (default := was.fields[name].default) is not msgspec.UNSET and default != form.default:
            yield name, msgspec.json.encode(default).decode()


def _only(these: Iterable[str], those: Container[str]) -> list[str]:
    return [name for name in these if name not in those]


def _both(these: Iterable[str], those: Container[str]) -> list[str]:
    return [name for name in these if name in those]


def _field_step(table: str, name: str, was: FieldForm, now: FieldForm, carrier: Carrier, count: int) -> Step:
    lost = carrier.replaced[name] + carrier.cut[name]
    touched = lost + carrier.filled[name]
    what = []
    if was.kind != now.kind:
        what.append(f"turn it from {was.kind} into {now.kind}")
        touched = count
    if was.nullable and not now.nullable:
        what.append("fill it where it is null")
    if now.reference != was.reference:
        target = now.reference or was.reference
        what.append(f"hold it to ids of {target}" if now.reference else f"let it be no id of {target}")
    if now.folded != was.folded:
        what.append("fold it" if now.folded else "no longer fold it")
        touched = count
    if now.type != was.type and not what:
        what.append("hold it to its new type and constraints")
    if not what:
        what.append("give it its new default")
    obstacle = ""
    if carrier.unfit[name]:
        ids = ", ".join(carrier.examples[name])
        obstacle = (
            f"it cannot take the values of {carrier.unfit[name]} records, such as {ids}: change them by the "
            "code as it was before, let the field be null, or give it a default"
        )
    loses = lost > 0 or was.kind != now.kind or (was.nullable and not now.nullable)
    return Step(f"change {table}.{name}: {' and '.join(what)}", touched, lost, loses, obstacle)


def _key(table: str, names: list[str]) -> str:
    return f"{table} ({', '.join(names)})"
