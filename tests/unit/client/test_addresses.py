"""What is asked for, written as a URL and understood there as it was meant."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon import Resource, errors, field
from antiphon.client.addresses import parameters
from antiphon.queries import Query, parse_query
from antiphon.resources import declare


class Song(Resource):
    title: str = field()
    genre: str | None = field(default=None)
    length: float | None = None
    plays: int = 0
    live: bool = False
    released: date | None = None
    heard: datetime | None = None


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
SPECIAL = st.text(',()"\\ =&+a', max_size=8)


def understood(query: dict[str, Any] | None = None, **equals: Any) -> Query[Any]:
    written = urlencode(parameters(query, equals)).encode()
    return parse_query(declare(Song), written, default_limit=None, max_limit=1000, max_terms=100)


def only(query: Query[Any]) -> tuple[str, str, Any]:
    term: Any = query.filter
    return term.field.name, term.operator, term.value


@given(st.one_of(TEXTS, SPECIAL))
def test_any_text_is_equal_to_itself(text: str) -> None:
    assert only(understood(title=text)) == ("title", "eq", text)


@given(st.lists(st.one_of(TEXTS, SPECIAL), min_size=1, max_size=5))
def test_any_list_of_texts_is_the_list(texts: list[str]) -> None:
    assert only(understood({"title[in]": texts})) == ("title", "in", tuple(texts))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**63 - 1), st.booleans())
def test_numbers_and_truth_values(real: float, whole: int, truth: bool) -> None:
    assert only(understood(length=real)) == ("length", "eq", real)
    assert only(understood({"plays[gte]": whole})) == ("plays", "gte", whole)
    assert only(understood(live=truth)) == ("live", "eq", truth)


@given(st.dates(), st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_dates_and_times(day: date, moment: datetime) -> None:
    assert only(understood(released=day)) == ("released", "eq", day)
    assert only(understood({"heard[lt]": moment})) == ("heard", "lt", moment)


def test_none_asks_for_null() -> None:
    assert only(understood(genre=None)) == ("genre", "null", True)


def test_what_is_not_a_filter_comes_through() -> None:
    query = understood({"order": ["-length", "title"], "limit": 5, "fields": ("title", "genre")})
    assert [(term.field.name, term.descending) for term in query.order][:2] == [
        ("length", True),
        ("title", False),
    ]
    assert (query.limit, query.fields) == (5, ("title", "genre"))


def test_the_grammar_itself_can_be_written() -> None:
    query = understood({"or": '(genre="a, b",length[lt]=3)'})
    assert [term.value for term in query.filter.terms] == ["a, b", 3.0]  # type: ignore[union-attr]


def test_an_empty_list_is_refused_since_a_url_cannot_say_it() -> None:
    with pytest.raises(errors.InvalidQuery, match=r"genre\[in\]"):
        parameters({"genre[in]": []}, {})
