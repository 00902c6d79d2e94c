"""A filter means the same for a record in memory and in SQL, and a walk by cursors is a sort.

Followers are told by the one what readers see by the other: where they differ, a stream and a page differ.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon.observations import Observers
from antiphon.operations import Store, Transaction, write_and_wait
from antiphon.queries import (
    And,
    Compare,
    Filter,
    Key,
    Or,
    Order,
    Query,
    Term,
    compile_matches,
    decode_cursor,
    encode_cursor,
)
from antiphon.resources import Resource, declare, field
from antiphon.settings import Settings
from antiphon.store import open_store


class Thing(Resource):
    label: str = ""
    text: str | None = field(default=None, index=True)
    name: str | None = field(default=None, folded=True, index=True)
    rank: int = 0
    count: int | None = field(default=None, index=True)
    weight: float | None = field(default=None, index=True)
    open: bool | None = None
    day: date | None = None
    time: datetime | None = field(default=None, index=True)
    extra: dict[str, int] | None = None
    indexes = (("name", "count"), ("rank", "weight"))


THINGS = declare(Thing)
FIELDS = THINGS.by_name

# Letters where orders, foldings and prefixes go wrong: the ends of UTF-8's lengths, both sides of the
# surrogates, letters that fold to several, to another length, or not at all, and what LIKE and GLOB read.
LETTERS = (
    "aAbzé\u0301ÉİIıißẞSsςσΣﬁÅK\u0345한하ᄒ글กุ\u0e39\u0e48が\u3099ज़ज"
    "\x01\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010fffe\U0010ffff%_\\'\"*?[ \t\n0"
)
TEXTS = st.text(st.sampled_from(LETTERS), max_size=3) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3
)
INTEGERS = st.sampled_from([0, 1, -1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]) | st.integers(
    -(2**63), 2**63 - 1
)
NUMBERS = st.sampled_from(
    [0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 0.1, 0.30000000000000004, 0.3, 2.0**53, 2.0**53 + 2, 1e308, -1e308]
) | st.floats(allow_nan=False, allow_infinity=False)
DAYS = st.sampled_from([date.min, date(999, 12, 31), date(1000, 1, 1), date.max]) | st.dates()
TIMES = (
    st.sampled_from([datetime.min, datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 0, 1), datetime.max])
    | st.datetimes()
).map(lambda time: time.replace(tzinfo=UTC, fold=0))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "label": TEXTS,
    "text": TEXTS,
    "name": TEXTS,
    "rank": st.integers(0, 2),
    "count": INTEGERS,
    "weight": NUMBERS,
    "open": st.booleans(),
    "day": DAYS,
    "time": TIMES,
}
NULLABLE = [name for name in VALUES if FIELDS[name].nullable]


@st.composite
def things(draw: st.DrawFn) -> list[Thing]:
    """Records that share many of their values."""
    few = {name: draw(st.lists(values, min_size=1, max_size=4)) for name, values in VALUES.items()}
    picks = {name: st.sampled_from(some) for name, some in few.items()}
    picks |= {name: st.none() | picks[name] for name in NULLABLE} | {"extra": st.none() | st.just({"a": 1})}
    drawn = draw(st.lists(st.fixed_dictionaries(picks), max_size=10))
    return [Thing(id=f"{number:02}", **values) for number, values in enumerate(drawn)]


@st.composite
def comparisons(draw: st.DrawFn, records: list[Thing]) -> Compare:
    name = draw(st.sampled_from([*VALUES, "extra"]))
    if name == "extra" or draw(st.integers(0, 9)) == 0:
        return Compare(FIELDS[name], "null", draw(st.booleans()))
    seen = [value for record in records if (value := getattr(record, name)) is not None]
    values = VALUES[name] | st.sampled_from(seen) if seen else VALUES[name]
    operators = ["eq", "ne", "lt", "lte", "gt", "gte", "in"]
    if FIELDS[name].kind == "text":
        operators += ["contains", "startswith"] * 2
    operator: Any = draw(st.sampled_from(operators))
    if operator == "in":
        return Compare(FIELDS[name], operator, tuple(draw(st.lists(st.none() | values, max_size=3))))
    value = draw(values)
    if operator in ("contains", "startswith"):
        start = draw(st.integers(0, len(value))) if operator == "contains" else 0
        value = value[start : draw(st.integers(start, len(value)))]
    return Compare(FIELDS[name], operator, draw(st.just(value) | st.none()) if draw(st.booleans()) else value)


def filters(records: list[Thing]) -> st.SearchStrategy[Filter]:
    return st.recursive(
        comparisons(records),
        lambda inner: st.builds(
            lambda of, terms: of(tuple(terms)), st.sampled_from([And, Or]), st.lists(inner, max_size=3)
        ),
        max_leaves=6,
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=3))
    return tuple(Term(FIELDS[name], draw(st.booleans())) for name in [*names, "id"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(tmp_path_factory.mktemp("things"), "things", [THINGS], Settings(), Observers())
    yield opened
    opened.close()


class Seen(Exception):
    """Takes back what a command did, and tells what it saw."""

    def __init__(self, kept: list[Thing], found: Any) -> None:
        super().__init__()
        self.kept = kept
        self.found = found


def seen(store: Store, records: list[Thing], look: Callable[[Transaction], Any]) -> Seen:
    """What `look` sees in a transaction that has these records and no others."""

    def command(tx: Transaction) -> None:
        raise Seen([tx.create(record) for record in records], look(tx))

    with pytest.raises(Seen) as caught:
        write_and_wait(command, store)
    return caught.value


def ids(stored: list[bytes]) -> list[str]:
    return [THINGS.decode(each).id for each in stored]


def agree(store: Store, data: st.DataObject) -> None:
    """Some filters, over some records: SQL and `compile_matches` find the same."""
    records = data.draw(things())
    asked = data.draw(st.lists(filters(records), min_size=1, max_size=8))
    queries = [Query(THINGS, filter, (Term(FIELDS["id"]),)) for filter in asked]
    by_sql = seen(store, records, lambda tx: [ids(tx.rows.page(query, None)) for query in queries])
    for filter, found in zip(asked, by_sql.found, strict=True):
        matches = compile_matches(filter)
        assert found == [each.id for each in by_sql.kept if matches(each)], filter


def walk(store: Store, data: st.DataObject) -> None:
    """Some order and filter, over some records: pages, one after the other, are the sorted list."""
    records = data.draw(things())
    order = data.draw(orders())
    filter = data.draw(filters(records) | st.just(And()))
    size = data.draw(st.integers(1, 5))
    key = Key(order)

    def pages(tx: Transaction) -> list[list[bytes]]:
        found: list[list[bytes]] = []
        after = None
        while len(found) <= len(records):
            found.append(tx.rows.page(Query(THINGS, filter, order, size, after), size))
            if len(found[-1]) < size:
                break
            after = decode_cursor(encode_cursor(order, key(THINGS.decode(found[-1][-1]))), order)
        return found

    by_sql = seen(store, records, pages)
    matches = compile_matches(filter)
    assert all(len(page) <= size for page in by_sql.found)
    assert [id for page in by_sql.found for id in ids(page)] == [
        each.id for each in sorted((each for each in by_sql.kept if matches(each)), key=key.sortable)
    ]


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
thorough = settings(quick, max_examples=4000)


@quick
@given(st.data())
def test_a_filter_finds_the_same_records_in_memory_and_in_sql(store: Store, data: st.DataObject) -> None:
    agree(store, data)


@quick
@given(st.data())
def test_a_walk_by_cursors_is_a_sort(store: Store, data: st.DataObject) -> None:
    walk(store, data)


@pytest.mark.long
@thorough
@given(st.data())
def test_a_filter_finds_the_same_records_thousands_of_times(store: Store, data: st.DataObject) -> None:
    agree(store, data)


@pytest.mark.long
@thorough
@given(st.data())
def test_a_walk_by_cursors_is_a_sort_thousands_of_times(store: Store, data: st.DataObject) -> None:
    walk(store, data)
