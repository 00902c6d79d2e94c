"""The text of every statement, compiled once a shape; and what a filter means in SQL.

`queries/matches.py` gives filters the same meaning for a record in memory.
"""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Dialect,
    LargeBinary,
    MetaData,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from antiphon.queries import Compare, Filter, Or, Order, Query
from antiphon.resources import Declaration, Field, column_text

CACHED = 1000
# Not SQLAlchemy's true() and false(): it leaves out what stands beside them, and with it parameters.
ALWAYS = literal_column("1").op("=", is_comparison=True)(literal_column("1"))
NEVER = literal_column("1").op("=", is_comparison=True)(literal_column("0"))


class Bound(Struct, frozen=True):
    """One condition that continues an order: `operator` is "=", "<", ">", "null" or "not null".

    Several fields are compared as one row value; only fields that are never null are.
    """

    fields: tuple[Field, ...]
    operator: str
    values: tuple[Any, ...] = ()


Segment = tuple[Bound, ...]


def segments(query: Query[Any]) -> Iterator[Segment]:
    """What comes after `query.after`, cut where an index can seek; one after the other they are the rest.

    After (a, b) come: a equal and b beyond; then a beyond. One condition with `or` would say the same,
    and make SQLite walk the index from its beginning. Where neither can be null and both go the same way,
    a row value says it at once: (a, b) beyond.
    """
    if query.after is None:
        yield ()
        return
    places = list(zip(query.order, query.after, strict=True))
    equal = [
        Bound((term.field,), "null") if value is None else Bound((term.field,), "=", (value,))
        for term, value in places
    ]
    start = len(places) - 1
    descending = places[start][0].descending
    while start and not (before := places[start - 1][0]).field.nullable and before.descending == descending:
        start -= 1
    fields = tuple(term.field for term, _ in places[start:])
    yield (*equal[:start], Bound(fields, "<" if descending else ">", tuple(query.after[start:])))
    for last in reversed(range(start)):
        term, value = places[last]
        if value is None:
            if not term.descending:
                yield (*equal[:last], Bound((term.field,), "not null"))
        else:
            yield (*equal[:last], Bound((term.field,), "<" if term.descending else ">", (value,)))
            if term.descending and term.field.nullable:
                yield (*equal[:last], Bound((term.field,), "null"))


def quote(name: str) -> str:
    """A name as an SQL identifier; declarations allow no quotes in it."""
    return f'"{name}"'


class Statements:
    """Statement texts for one dialect. Values are bound in the order in which `values` lists them."""

    def __init__(self, metadata: MetaData, dialect: Dialect) -> None:
        self._metadata = metadata
        self._dialect = dialect
        self._cache: OrderedDict[Any, str] = OrderedDict()

    def select(self, query: Query[Any], segment: Segment) -> tuple[str, list[Any]]:
        """Records as JSON bytes, in order; the limit is the last value (-1 for none)."""
        declaration = query.declaration
        shape = (
            declaration.path,
            _shape(query.filter),
            tuple((term.field.name, term.descending) for term in query.order),
            tuple((*(field.name for field in bound.fields), bound.operator) for bound in segment),
        )
        values = [*_values(query.filter), *(_bind(value) for each in segment for value in each.values)]
        if text := self._cached(shape):
            return text, values
        table = self._metadata.tables[declaration.table]
        conditions = _Conditions(table.c)
        statement = (
            select(cast(table.c.record, LargeBinary))
            .where(conditions.of(query.filter))
            .where(*(conditions.bound(each) for each in segment))
            .order_by(*_ordering(table.c, query.order))
        )
        return self._keep(shape, self._text(statement) + " LIMIT ?"), values

    def count(self, query: Query[Any]) -> tuple[str, list[Any]]:
        """How many records match."""
        shape = (query.declaration.path, _shape(query.filter))
        values = list(_values(query.filter))
        if text := self._cached(shape):
            return text, values
        table = self._metadata.tables[query.declaration.table]
        statement = select(func.count()).select_from(table).where(_Conditions(table.c).of(query.filter))
        return self._keep(shape, self._text(statement)), values

    def insert(self, declaration: Declaration[Any]) -> str:
        """A new row; the values are those of `declaration.columns`."""
        columns = ", ".join(map(quote, declaration.columns))
        marks = "?, " * (len(declaration.columns) - 1)
        return f"INSERT INTO {quote(declaration.table)} ({columns}) VALUES ({marks}CAST(? AS TEXT))"

    def replace(self, declaration: Declaration[Any]) -> str:
        """New values for the row of an id; the values are those of `declaration.columns`, and the id."""
        settings = ", ".join(f"{quote(column)} = ?" for column in declaration.columns[1:-1])
        return f"UPDATE {quote(declaration.table)} SET {settings}, record = CAST(? AS TEXT) WHERE id = ?"

    def _text(self, statement: Select[Any]) -> str:
        return str(statement.compile(dialect=self._dialect))

    def _cached(self, shape: Any) -> str | None:
        try:
            text = self._cache[shape]
            self._cache.move_to_end(shape)
        except KeyError:  # threads share the cache; another may just have dropped the shape
            return None
        return text

    def _keep(self, shape: Any, text: str) -> str:
        self._cache[shape] = text
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return text


class _Conditions:
    """Filters as SQL; each value is a parameter, in the order of `_values`."""

    def __init__(self, columns: Any) -> None:
        self._columns = columns
        self._parameters = 0

    def of(self, filter: Filter) -> Any:
        if isinstance(filter, Compare):
            return self._comparison(filter)
        terms = [self.of(term) for term in filter.terms]
        if isinstance(filter, Or):
            return or_(*terms) if terms else NEVER
        return and_(*terms) if terms else ALWAYS

    def bound(self, bound: Bound) -> Any:
        columns = [self._columns[field.column] for field in bound.fields]
        match bound.operator:
            case "null":
                return columns[0].is_(None)
            case "not null":
                return columns[0].is_not(None)
            case operator if len(columns) == 1:
                return columns[0].op(operator, is_comparison=True)(self._parameter())
            case operator:
                row = tuple_(*(self._parameter() for _ in columns))
                return tuple_(*columns) > row if operator == ">" else tuple_(*columns) < row

    def _parameter(self) -> Any:
        self._parameters += 1
        return bindparam(f"p{self._parameters}", type_=Text())

    def _comparison(self, term: Compare) -> Any:
        column = self._columns[term.field.column]
        match term.operator:
            case "null":
                return column.is_(None) if term.value else column.is_not(None)
            case "in":
                values = [self._parameter() for value in term.value if value is not None]
                listed = column.in_(values) if values else NEVER
                return or_(listed, column.is_(None)) if None in term.value else listed
            case "eq" if term.value is None:
                return column.is_(None)
            case "ne" if term.value is None:
                return column.is_not(None)
            case "ne":
                return column.is_distinct_from(self._parameter())
            case _ if term.value is None:
                return NEVER
            case "contains":
                return func.instr(column, self._parameter()) > literal_column("0")
            case "startswith":  # a range, so that an index serves
                lowest = column >= self._parameter()
                return lowest if _successor(term.folded) is None else lowest & (column < self._parameter())
            case operator:
                sign = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[operator]
                return column.op(sign, is_comparison=True)(self._parameter())


def _shape(filter: Filter) -> Any:
    if not isinstance(filter, Compare):
        return (isinstance(filter, Or), *(_shape(term) for term in filter.terms))
    value = filter.folded
    detail: Any = None
    match filter.operator:
        case "in":
            detail = (len(value), value.count(None))
        case "null":
            detail = value
        case "startswith" if value is not None:
            detail = _successor(value) is None
    return (filter.field.name, filter.operator, value is None, detail)


def _values(filter: Filter) -> Iterator[Any]:
    if not isinstance(filter, Compare):
        for term in filter.terms:
            yield from _values(term)
        return
    value = filter.folded
    match filter.operator:
        case "null":
            pass
        case "in":
            yield from (_bind(each) for each in value if each is not None)
        case _ if value is None:
            pass
        case "startswith":
            yield value
            if (successor := _successor(value)) is not None:
                yield successor
        case _:
            yield _bind(value)


def _bind(value: Any) -> Any:
    return column_text(value) if isinstance(value, date) else value


def _successor(prefix: str) -> str | None:
    """The least text that is greater than every text that begins with `prefix`; None if there is none."""
    while prefix:
        last = ord(prefix[-1]) + 1
        if last <= 0x10FFFF:
            return prefix[:-1] + chr(0xE000 if last == 0xD800 else last)
        prefix = prefix[:-1]
    return None


def _ordering(columns: Any, order: Order) -> Iterator[Any]:
    for term in order:
        column = columns[term.field.column]
        if term.field.nullable:
            yield column.desc().nulls_last() if term.descending else column.asc().nulls_first()
        else:
            yield column.desc() if term.descending else column.asc()
