"""Statements: what they ask of the database, how often they are made, and that they seek in indexes."""

import re
from collections.abc import Iterator
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from antiphon.queries import EVERYTHING, And, Compare, Filter, Or, Query, Term
from antiphon.resources import Resource, declare, field
from antiphon.store import statements as module
from antiphon.store.statements import Statements, quote, segments
from antiphon.store.tables import describe_tables


class Song(Resource):
    title: str = field(index=True)
    genre: str | None = field(default=None, folded=True, index=True)
    length: float | None = field(default=None, index=True)
    year: int | None = None
    group: str = ""
    indexes = (("genre", "title"),)


SONGS = declare(Song)
FIELDS = SONGS.by_name
DIALECT = sqlite.dialect(paramstyle="qmark")
METADATA = describe_tables([SONGS])


@pytest.fixture
def statements() -> Statements:
    return Statements(METADATA, DIALECT)


@pytest.fixture(scope="module")
def database() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    table = METADATA.tables["songs"]
    connection.execute(str(CreateTable(table).compile(dialect=DIALECT)))
    for index in table.indexes:
        connection.execute(str(CreateIndex(index).compile(dialect=DIALECT)))
    yield connection
    connection.close()


def compare(name: str, operator: Any, value: Any) -> Compare:
    return Compare(FIELDS[name], operator, value)


def asked(order: str, after: tuple[Any, ...] | None = None, filter: Filter = EVERYTHING) -> Query[Song]:
    terms = tuple(Term(FIELDS[name.removeprefix("-")], name.startswith("-")) for name in order.split(","))
    return Query(SONGS, filter, terms, 50, after)


def where(text: str) -> str:
    """The condition in a statement, without the parentheses around all of it or around a comparison."""
    condition = " ".join(text.split()).partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    return re.sub(r"\((songs\.\S+ \S+ \?)\)", r"\1", condition)


@pytest.mark.parametrize(
    ("filter", "text", "values"),
    [
        (EVERYTHING, "1 = 1", []),
        (Or(), "1 = 0", []),
        (compare("title", "eq", "A"), "songs.title = ?", ["A"]),
        (compare("genre", "eq", "Á"), "songs.genre_folded = ?", ["a"]),
        (compare("genre", "ne", "a"), "songs.genre_folded IS NOT ?", ["a"]),
        (compare("year", "lte", 5), "songs.year <= ?", [5]),
        (compare("year", "in", (1, 2)), "songs.year IN (?, ?)", [1, 2]),
        (compare("year", "in", ()), "1 = 0", []),
        (compare("year", "in", (None,)), "(1 = 0) OR songs.year IS NULL", []),
        (compare("year", "eq", None), "songs.year IS NULL", []),
        (compare("year", "ne", None), "songs.year IS NOT NULL", []),
        (compare("year", "gt", None), "1 = 0", []),
        (compare("year", "null", True), "songs.year IS NULL", []),
        (compare("genre", "null", False), "songs.genre_folded IS NOT NULL", []),
        (compare("title", "contains", "%"), "instr(songs.title, ?) > 0", ["%"]),
        (compare("title", "startswith", "ab"), "songs.title >= ? AND songs.title < ?", ["ab", "ac"]),
        (compare("title", "startswith", ""), "songs.title >= ?", [""]),
        (compare("title", "startswith", "\U0010ffff"), "songs.title >= ?", ["\U0010ffff"]),
        (compare("group", "eq", "x"), 'songs."group" = ?', ["x"]),
        (
            Or((compare("year", "eq", 1), And((compare("title", "eq", "a"), And())))),
            "songs.year = ? OR songs.title = ? AND (1 = 1)",
            [1, "a"],
        ),
        (
            And((Or((compare("year", "eq", 1), Or())), compare("title", "eq", "a"))),
            "(songs.year = ? OR (1 = 0)) AND songs.title = ?",
            [1, "a"],
        ),
    ],
)
def test_a_filter_is_a_condition(
    statements: Statements, database: apsw.Connection, filter: Filter, text: str, values: list[Any]
) -> None:
    query = asked("id", filter=filter)
    sql, bound = statements.select(query, ())
    assert where(sql) == text
    assert bound == values
    assert list(database.execute(sql, [*bound, 50])) == []
    counting, counted = statements.count(query)
    assert database.execute(counting, counted).get == 0
    assert counted == values


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), st.data())
def test_startswith_is_a_range_of_exactly_what_begins_so(prefix: str, data: st.DataObject) -> None:
    letters = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\0\ud7ff\ue000\U0010ffff")
    text = data.draw(st.just(prefix).flatmap(lambda start: st.text(letters, max_size=3).map(start.__add__)))
    other = data.draw(st.text(letters, max_size=4))
    bounds = Statements(METADATA, DIALECT).select(
        asked("id", filter=compare("title", "startswith", prefix)), ()
    )[1]
    for each in (text, other):
        within = bounds[0] <= each and (len(bounds) == 1 or each < bounds[1])
        assert within == each.startswith(prefix)


def test_a_statement_is_made_once_a_shape(statements: Statements) -> None:
    one = asked("title,id", filter=compare("year", "eq", 1))
    same = asked("title,id", filter=compare("year", "eq", 2))
    assert statements.select(one, ())[0] is statements.select(same, ())[0]
    assert statements.count(one)[0] is statements.count(same)[0]
    others = [
        asked("-title,id", filter=one.filter),
        asked("title,-id", filter=one.filter),
        asked("id", filter=one.filter),
        asked("title,id", filter=compare("year", "ne", 1)),
        asked("title,id", filter=compare("year", "eq", None)),
        asked("title,id", filter=compare("year", "in", (1,))),
        asked("title,id", filter=compare("year", "in", (1, 2))),
        asked("title,id", filter=compare("year", "in", (1, None))),
        asked("title,id", filter=compare("year", "null", True)),
        asked("title,id", filter=compare("year", "null", False)),
        asked("title,id", filter=compare("title", "startswith", "a")),
        asked("title,id", filter=compare("title", "startswith", "")),
        asked("title,id", filter=And((one.filter,))),
        asked("title,id", filter=Or((one.filter,))),
        asked("title,id", filter=Or((one.filter, one.filter))),
        asked("title,id", filter=And((Or(), one.filter))),
        asked("title,id", filter=Or((And(), one.filter))),
    ]
    for query in (one, *others):
        text, values = statements.select(query, ())
        assert text.count("?") == len(values) + 1


def test_the_cache_is_bounded(statements: Statements, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CACHED", 10)
    for length in range(20):
        statements.count(asked("id", filter=compare("year", "in", tuple(range(length)))))
    assert len(statements._cache) == 10
    oldest = next(iter(statements._cache))
    statements.count(
        asked("id", filter=compare("year", "in", tuple(range(10))))
    )  # used again: the newest now
    assert next(reversed(statements._cache)) == oldest


def test_insert_and_replace_bind_what_a_row_holds(statements: Statements, database: apsw.Connection) -> None:
    song = Song(id="a", revision=1, title="x", genre="Été", group="g")
    row = SONGS.row(song, SONGS.encode(song))
    with database:
        database.execute(statements.insert(SONGS), row)
        database.execute(statements.replace(SONGS), (*row[1:], row[0]))
        found = database.execute('SELECT id, genre_folded, "group", typeof(record) FROM songs').fetchall()
        database.execute("DELETE FROM songs")
    assert found == [("a", "ete", "g", "text")]


@pytest.mark.parametrize("name", ["a", "group", "top_songs"])
def test_a_quoted_name_is_itself(name: str) -> None:
    assert quote(name) == f'"{name}"'


@pytest.mark.parametrize(
    ("order", "after"),
    [
        ("id", ("x",)),
        ("-id", ("x",)),
        ("title,id", ("t", "x")),
        ("-title,-id", ("t", "x")),
        ("-title,id", ("t", "x")),
        ("genre,id", ("g", "x")),
        ("genre,id", (None, "x")),
        ("-genre,id", ("g", "x")),
        ("-genre,id", (None, "x")),
        ("-genre,-id", ("g", "x")),
        ("-genre,-id", (None, "x")),
        ("-length,title,id", (1.0, "t", "x")),
        ("genre,title,id", ("g", "t", "x")),
        ("genre,title,id", (None, "t", "x")),
        ("-genre,-title,-id", ("g", "t", "x")),
    ],
)
@pytest.mark.parametrize("filter", [EVERYTHING, compare("year", "gt", 5), compare("group", "contains", "x")])
def test_each_page_seeks_in_an_index(
    statements: Statements, database: apsw.Connection, order: str, after: tuple[Any, ...], filter: Filter
) -> None:
    query = asked(order, after, filter)
    for segment in segments(query):
        plan = explained(statements, database, query, segment)
        assert all(step.startswith(("SEARCH", "USE TEMP B-TREE FOR LAST")) for step in plan), plan
        if "-" not in order or order.count("-") == len(query.order):
            assert not any("TEMP" in step for step in plan), plan


@pytest.mark.parametrize("name", ["title", "genre", "length"])
@pytest.mark.parametrize("operator", ["eq", "lt", "lte", "gt", "gte", "in", "startswith"])
def test_a_filter_of_an_indexed_field_seeks(
    statements: Statements, database: apsw.Connection, name: str, operator: str
) -> None:
    if operator == "startswith" and FIELDS[name].kind != "text":
        return
    value: Any = "a" if FIELDS[name].kind == "text" else 1.5
    filter = compare(name, operator, (value,) if operator == "in" else value)
    several: list[Filter] = [filter, And((filter, compare("year", "eq", 1)))]
    if operator in ("eq", "in"):
        several.append(Or((filter, compare("title", "eq", "b"))))
    for each in several:
        # the far end of a range may be nearer by id: a range seeks where it is the order too
        order = f"{name},id" if operator[0] in "lg" else "id"
        plan = explained(statements, database, asked(order, None, each), ())
        assert any(step.startswith("SEARCH") for step in plan), plan
        assert not any(step.startswith("SCAN") for step in plan), plan
    assert explained(statements, database, asked("id", ("x",), compare(name, "eq", value)), ())[0].startswith(
        "SEARCH"
    )


def explained(
    statements: Statements, database: apsw.Connection, query: Query[Song], segment: Any
) -> list[str]:
    text, values = statements.select(query, segment)
    return [str(row[3]) for row in database.execute(f"EXPLAIN QUERY PLAN {text}", [*values, 50])]
