"""Positions: one form, and what is said of those that lead nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidPosition
from antiphon.log import Position, gone, parse_position


@given(st.from_regex(r"[a-z0-9]{4,32}", fullmatch=True), st.integers(0, 10**18 - 1))
def test_what_is_written_is_read(incarnation: str, number: int) -> None:
    position = Position(incarnation, number)
    assert parse_position(str(position)) == position


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "5",
        "abcd",
        "abcd-",
        "-5",
        "abc-5",
        "a" * 33 + "-5",
        "ABCD-5",
        "abcd-05",
        "abcd--5",
        "abcd-+5",
        "abcd- 5",
        "abcd-5\n",
        " abcd-5",
        "abcd-5-5",
        "abcd-1e3",
        "abcd-٣",
        "abcd-" + "9" * 19,
        "abcd-" + "9" * 100_000,
        "äbcd-5",
        "abcd-5\0",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_no_log_gave_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidPosition) as caught:
        parse_position(text)
    assert len(caught.value.detail) < 200
    assert "Antiphon-Position" in caught.value.hint


@given(st.text(max_size=40))
def test_nothing_but_a_problem_comes_of_any_text(text: str) -> None:
    with pytest.raises(InvalidPosition):
        parse_position(f"{text} ")


def test_why_a_position_is_gone() -> None:
    foreign = gone(Position("aaaa", 5), 3, "bbbb")
    assert (foreign.status, foreign.code) == (410, "position_gone")
    assert "aaaa-5" in foreign.detail
    assert "another incarnation" in foreign.detail
    assert "bbbb" in foreign.detail
    old = gone(Position("aaaa", 5), 9, "aaaa")
    assert "aaaa-5 is older" in old.detail
    assert "aaaa-9" in old.detail
    assert foreign.hint == old.hint != ""
