"""Values as URLs write them: one form each, and nothing else."""

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.queries.songs import SONGS

from antiphon.errors import InvalidQuery
from antiphon.queries import parse_value

FIELDS = SONGS.by_name


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("title", "", ""),
        ("title", " a+b%20\t\n", " a+b%20\t\n"),
        ("title", "\U0010ffff\ue000\ud7ff", "\U0010ffff\ue000\ud7ff"),
        ("year", "0", 0),
        ("year", "-0", 0),
        ("year", "007", 7),
        ("year", "9223372036854775807", 2**63 - 1),
        ("year", "-9223372036854775808", -(2**63)),
        ("length", "180", 180.0),
        ("length", "-1.5e3", -1500.0),
        ("length", ".5", 0.5),
        ("length", "5.", 5.0),
        ("length", "9007199254740993", 9007199254740992.0),
        ("length", "1e-400", 0.0),
        ("length", "5e-324", 5e-324),
        ("live", "true", True),
        ("live", "false", False),
        ("released", "1959-05-04", date(1959, 5, 4)),
        ("played", "2026-01-31T14:00:00.5+02:00", datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_value_has_its_fields_type(name: str, text: str, value: Any) -> None:
    found = parse_value(FIELDS[name], text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("title", "a\0b"),
        ("title", "\ud800"),
        ("year", ""),
        ("year", " 5"),
        ("year", "+5"),
        ("year", "5.0"),
        ("year", "1e3"),
        ("year", "1_000"),
        ("year", "٣"),
        ("year", "0x10"),
        ("year", "9223372036854775808"),
        ("year", "-9223372036854775809"),
        ("year", "9" * 100_000),
        ("length", "nan"),
        ("length", "inf"),
        ("length", "-Infinity"),
        ("length", "1e400"),
        ("length", "1_0.5"),
        ("length", "٣.٥"),
        ("length", "0x1p3"),
        ("length", "."),
        ("length", "e5"),
        ("length", "1 "),
        ("live", "True"),
        ("live", "1"),
        ("live", ""),
        ("released", "1959-5-4"),
        ("released", "1959-02-30"),
        ("released", "1959-05-04T00:00:00Z"),
        ("released", "0000-01-01"),
        ("played", "2026-01-31T14:00:00"),
        ("played", "2026-01-31T14:00:00 02:00"),
        ("played", "2026-01-31"),
        ("played", "0001-01-01T00:00:00+14:00"),
        ("played", "9999-12-31T23:59:59-01:00"),
        ("played", "1700000000"),
    ],
)
def test_another_form_is_refused_with_the_field_and_the_form(name: str, text: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_value(FIELDS[name], text)
    assert name in caught.value.detail
    assert len(caught.value.detail) < 200
    assert caught.value.hint


@given(st.sampled_from(["year", "length", "live", "released", "played"]), st.text(max_size=30))
def test_nothing_but_a_problem_comes_of_any_text(name: str, text: str) -> None:
    with contextlib.suppress(InvalidQuery):
        parse_value(FIELDS[name], text)


@given(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.datetimes())
def test_what_json_writes_is_read(integer: int, number: float, time: datetime) -> None:
    assert parse_value(FIELDS["year"], str(integer)) == integer
    assert repr(parse_value(FIELDS["length"], repr(number))) == repr(number)
    assert parse_value(FIELDS["played"], time.isoformat() + "Z") == time.replace(tzinfo=UTC)
    assert parse_value(FIELDS["released"], time.date().isoformat()) == time.date()
