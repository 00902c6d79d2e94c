"""Cursors: what a page gives comes back as it was, and nothing else is taken."""

from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.queries.songs import SONGS

from antiphon.errors import InvalidCursor
from antiphon.queries import Order, Term, decode_cursor, encode_cursor
from antiphon.resources import uuid7

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": TEXTS,
    "genre": st.none() | TEXTS,
    "year": st.none() | st.integers(-(2**63), 2**63 - 1),
    "length": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "live": st.none() | st.booleans(),
    "released": st.none() | st.dates(),
    "played": st.none() | st.datetimes(timezones=st.just(UTC)),
}


def order(*names: str) -> Order:
    return tuple(Term(SONGS.by_name[name.removeprefix("-")], name.startswith("-")) for name in (*names, "id"))


def written(*values: Any) -> str:
    return urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


@given(st.data(), st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=3), st.booleans())
def test_what_is_encoded_is_decoded(data: st.DataObject, names: list[str], descending: bool) -> None:
    values = (*(data.draw(VALUES[name]) for name in names), uuid7())
    asked = order(*(f"-{name}" if descending else name for name in names))
    found = decode_cursor(encode_cursor(asked, values), asked)
    assert [(type(each), each) for each in found] == [(type(each), each) for each in values]


def test_a_cursor_is_for_one_order() -> None:
    cursor = encode_cursor(order("year"), (1959, "a"))
    assert decode_cursor(cursor, order("year")) == (1959, "a")
    for other in (order(), order("-year"), order("length"), order("year", "title"), order("title", "year")):
        with pytest.raises(InvalidCursor):
            decode_cursor(cursor, other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", None),
        ("title", 5),
        ("year", 2**63),
        ("year", -(2**63) - 1),
        ("year", 10**30),
        ("year", 1.5),
        ("year", "1959"),
        ("year", True),
        ("length", "1"),
        ("length", 10**400),
        ("live", 1),
        ("released", "1959-02-30"),
        ("released", 5),
        ("played", "2026-01-31T12:00:00"),
        ("played", "0001-01-01T00:00:00+14:00"),
        ("played", "9999-12-31T23:59:59-01:00"),
        ("genre", ["a"]),
        ("genre", {"a": 1}),
    ],
)
def test_a_value_that_no_record_could_have_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidCursor) as caught:
        decode_cursor(written(f"{name},id", value, "a"), order(name))
    assert "`next`" in caught.value.hint


def test_a_record_without_id_is_none() -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(written("id", None), order())


def test_a_time_in_another_zone_is_the_same_time() -> None:
    found = decode_cursor(written("played,id", "2026-01-31T14:00:00+02:00", "a"), order("played"))
    assert found[0] == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert found[0].tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "====",
        "a",
        "é",
        "\ud800",
        "\0",
        "not a cursor",
        written(),
        written("year,id"),
        written("year,id", 1),
        written("year,id", 1, "a", "b"),
        written("id,year", 1, "a"),
        written(["year,id"], 1, "a"),
        urlsafe_b64encode(b"null").decode(),
        urlsafe_b64encode(b"\xff\xfe").decode(),
        urlsafe_b64encode(b'["year,id",1,"\xff"]').decode(),
        urlsafe_b64encode(b'["year,id",1,"\\ud800"]').decode(),
        urlsafe_b64encode(b'["year,id",NaN,"a"]').decode(),
        urlsafe_b64encode(b'["year,id",1e400,"a"]').decode(),
        urlsafe_b64encode(b"[" * 200_000).decode(),
        urlsafe_b64encode(b'["year,id",' + b"[" * 200_000).decode(),
        encode_cursor(order("year"), (1959, "a")) + "!",
        "!" + encode_cursor(order("year"), (1959, "a")),
        " " + encode_cursor(order("year"), (1959, "a")),
        encode_cursor(order("year"), (1959, "a"))[:-2],
        encode_cursor(order("year"), (1959, "a"))[1:],
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_was_changed_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, order("year"))


@given(st.text(max_size=50) | st.binary(max_size=40).map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_nothing_but_a_problem_comes_of_any_text(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, order("year", "-released"))


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats() | TEXTS, max_size=3))
def test_only_values_of_the_fields_come_of_a_forged_cursor(values: list[Any]) -> None:
    try:
        found = decode_cursor(written("year,-released,id", *values), order("year", "-released"))
    except InvalidCursor:
        return
    year, released, id = found
    assert year is None or (isinstance(year, int) and -(2**63) <= year < 2**63)
    assert released is None or isinstance(released, date)
    assert isinstance(id, str)
