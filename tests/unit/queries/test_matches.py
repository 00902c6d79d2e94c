"""What filters mean for a record in memory; `tests/features` holds it equal to what they mean in SQL."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.unit.queries.songs import SONGS, Song

from antiphon.queries import And, Compare, Filter, Or, comparable, compile_matches

BLANK = Song(title="")
NAIMA = Song(
    id="naima",
    title="Naima",
    genre="Hard Bop",
    year=1959,
    length=261.5,
    live=False,
    released=date(1960, 2, 1),
    played=datetime(2026, 1, 31, 12, tzinfo=UTC),
    tags=["ballad"],
)


def compare(name: str, operator: Any, value: Any) -> Compare:
    return Compare(SONGS.by_name[name], operator, value)


def matches(filter: Filter, record: Song = NAIMA) -> bool:
    return compile_matches(filter)(record)


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("title", "eq", "Naima", True),
        ("title", "eq", "naima", False),
        ("genre", "eq", "HARD bóp", True),
        ("genre", "ne", "hard bop", False),
        ("genre", "ne", "jazz", True),
        ("genre", "contains", "D B", True),
        ("genre", "startswith", "hÁRD", True),
        ("genre", "startswith", "bop", False),
        ("genre", "in", ("swing", "hard bop"), True),
        ("genre", "lt", "HARD BOQ", True),
        ("title", "contains", "", True),
        ("title", "startswith", "", True),
        ("year", "eq", 1959, True),
        ("year", "lt", 1959, False),
        ("year", "lte", 1959, True),
        ("year", "gt", 1958, True),
        ("year", "gte", 1960, False),
        ("length", "eq", 261.5, True),
        ("live", "eq", False, True),
        ("live", "lt", True, True),
        ("released", "gte", date(1960, 2, 1), True),
        ("played", "lt", datetime(2026, 1, 31, 13, tzinfo=UTC), True),
        ("tags", "null", False, True),
        ("tags", "null", True, False),
        ("revision", "eq", 0, True),
    ],
)
def test_each_operator(name: str, operator: str, value: Any, expected: bool) -> None:
    assert matches(compare(name, operator, value)) is expected


@pytest.mark.parametrize("name", ["genre", "year", "length", "live", "released", "played"])
def test_null_equals_nothing_and_orders_with_nothing(name: str) -> None:
    value = getattr(NAIMA, name)
    for operator in ("eq", "lt", "lte", "gt", "gte"):
        assert not matches(compare(name, operator, value), BLANK)
    assert not matches(compare(name, "in", (value,)), BLANK)
    assert matches(compare(name, "ne", value), BLANK)
    assert matches(compare(name, "null", True), BLANK)
    assert not matches(compare(name, "null", False), BLANK)


@pytest.mark.parametrize("name", ["genre", "year", "released"])
def test_a_value_of_none_is_null(name: str) -> None:
    value = getattr(NAIMA, name)
    assert matches(compare(name, "eq", None), BLANK)
    assert not matches(compare(name, "eq", None))
    assert matches(compare(name, "ne", None))
    assert matches(compare(name, "in", (None, value)), BLANK)
    assert matches(compare(name, "in", (None, value)))
    for operator in ("lt", "lte", "gt", "gte"):
        assert not matches(compare(name, operator, None))
        assert not matches(compare(name, operator, None), BLANK)


def test_contains_and_startswith_none_are_never_so() -> None:
    for operator in ("contains", "startswith"):
        for record in (NAIMA, BLANK):
            assert not matches(compare("genre", operator, None), record)
        assert not matches(compare("genre", operator, ""), BLANK)


def test_groups() -> None:
    yes, no = compare("year", "eq", 1959), compare("year", "eq", 1960)
    assert matches(And())
    assert not matches(Or())
    assert matches(And((yes,)))
    assert matches(And((yes, yes)))
    assert not matches(And((yes, no)))
    assert matches(Or((no, yes)))
    assert not matches(Or((no, no)))
    assert matches(Or((no, And((yes, Or((no, yes)))))))


def test_comparable_is_the_value_as_it_is_compared() -> None:
    assert comparable(SONGS.by_name["genre"])(NAIMA) == "hard bop"
    assert comparable(SONGS.by_name["genre"])(BLANK) is None
    assert comparable(SONGS.by_name["title"])(NAIMA) == "Naima"
