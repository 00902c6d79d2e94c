"""Parsing: what a declaration takes and refuses, of clients and of Python."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.songs import Album, Size, Song

from antiphon.errors import Invalid, Malformed
from antiphon.resources import declare

SONGS = declare(Song)
ZONE = timezone(timedelta(hours=2))


def refused(body: bytes | str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        SONGS.parse(body.encode() if isinstance(body, str) else body)
    assert caught.value.hint
    return caught.value


def test_a_body_is_read_with_defaults() -> None:
    song = SONGS.parse(
        b'{"title": "Na\\u00efma", "year": 1959, "length": 5, "released": "1960-02-01", '
        b'"played": "2026-01-31T14:00:00+02:00", "tags": ["a"], "cover": {"width": 3}, '
        b'"extra": {"x": [1, null]}}'
    )
    assert (song.id, song.revision, song.mood, song.live, song.album) == ("", 0, "calm", False, None)
    assert (song.title, song.year, song.released) == ("Naïma", 1959, date(1960, 2, 1))
    assert song.length == 5.0
    assert isinstance(song.length, float)
    assert song.played == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert song.played.tzinfo is UTC
    assert (song.tags, song.cover, song.extra) == (["a"], Size(3), {"x": [1, None]})
    assert SONGS.decode(SONGS.encode(song)) == Song(**msgspec.structs.asdict(song))


@pytest.mark.parametrize(
    ("members", "field", "said"),
    [
        ('"title": ""', "title", "length >= 1"),
        ('"title": "' + "x" * 21 + '"', "title", "length <= 20"),
        ('"title": null', "title", "got `null`"),
        ('"title": 5', "title", "got `int`: 5"),
        ('"mood": "sad"', "mood", '"sad"'),
        ('"year": 1.0', "year", "got `float`: 1.0"),
        ('"year": "1959"', "year", "got `str`"),
        ('"year": true', "year", "got `bool`"),
        ('"year": -1', "year", ">= 0: -1"),
        ('"year": 9223372036854775808', "year", "<= 9223372036854775807"),
        ('"year": ' + "9" * 40, "year", "<= 9223372036854775807"),
        ('"length": "1"', "length", "got `str`"),
        ('"length": ' + "9" * 400, "length", "out of range: 9999"),
        ('"live": 1', "live", "got `int`"),
        ('"live": null', "live", "got `null`"),
        ('"released": "1960-02-30"', "released", "RFC3339"),
        ('"released": "1960-02-01T00:00:00Z"', "released", "RFC3339"),
        ('"released": 5', "released", "got `int`"),
        ('"played": "2026-01-31T14:00:00"', "played", "timezone"),
        ('"played": "2026-01-31"', "played", "RFC3339"),
        ('"played": 1700000000', "played", "got `int`"),
        ('"played": "0001-01-01T00:00:00+14:00"', "played", "beyond the calendar"),
        ('"played": "9999-12-31T23:59:59-01:00"', "played", "beyond the calendar"),
        ('"played": "9999-12-31T23:59:60Z"', "played", "RFC3339"),
        ('"album": 5', "album", "got `int`"),
        ('"tags": "a"', "tags", "got `str`"),
        ('"tags": ["a", 5]', "tags[1]", "got `int`"),
        ('"cover": {"height": 1}', "cover", "width"),
        ('"cover": {"width": "3"}', "cover.width", "got `str`"),
        ('"id": 5', "id", "got `int`"),
        ('"revision": "5"', "revision", "got `str`"),
        ('"titel": "x"', "titel", "Did you mean 'title'?"),
    ],
)
def test_a_wrong_value_is_named(members: str, field: str, said: str) -> None:
    title = "" if members.startswith('"title"') else '"title": "Naima", '
    problem = refused(f"{{{title}{members}}}")
    assert [fault.field for fault in problem.errors] == [field]
    assert said in problem.errors[0].detail
    assert problem.detail == f"{field}: {problem.errors[0].detail}"


def test_all_that_is_wrong_is_told_at_once() -> None:
    problem = refused('{"titel": "x", "year": "y", "live": 3, "leng": 1}')
    assert [fault.field for fault in problem.errors] == ["titel", "leng", "title", "year", "live"]
    assert problem.errors[2].detail == "A value is required."


@pytest.mark.parametrize("body", ["[]", '"x"', "5", "null", "true"])
def test_a_record_is_an_object(body: str) -> None:
    problem = refused(body)
    assert problem.errors[0].field == ""
    assert problem.detail.startswith("Expected `object`, got ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{'title': 'x'}",
        b'{"title": "x"} x',
        b'{"title": "x",}',
        b'{"title": "x"}{}',
        b'\xef\xbb\xbf{"title": "x"}',
        '{"title": "x"}'.encode("utf-16"),
        b'{"title": "\xff"}',
        b'{"title": "\xed\xa0\x80"}',
        b'{"title": "\xc0\x80"}',
        b'{"title": "x\ny"}',
        b'{"title": "\\ud800"}',
        b'{"title": "\\ud800\\u0041"}',
        b'{"title": "\\udc00"}',
        b'{"title": "\\x41"}',
        b'{"title": "x", "length": NaN}',
        b'{"title": "x", "length": Infinity}',
        b'{"title": "x", "length": 1e400}',
        b'{"title": "x", "length": -1e400}',
        b'{"title": "x", "year": ' + b"9" * 5000 + b"}",
        b'{"title": "x", "extra": {"a": ' + b"9" * 100_000 + b"}}",
        b'{"title": "x", "length": 01}',
        b'{"title": "x", "length": .5}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"title":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"title": "x", "extra": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b'{"title": "x", "extra": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b"[" * 1_000_000,
        b'{"title": "a", "title": "b"}',
        b'{"title": "a", "t\\u0069tle": "b"}',
        b'{"title": "x", "extra": {"a": 1, "a": 2}}',
        b'{"title": "x", "extra": {"a": 1, "\\u0061": 2}}',
        b'{"title": "x", "extra": {"a/b": 1, "a\\/b": 2}}',
        b'{"title": "x", "extra": {"a": [{"b": 1, "b": 2}]}}',
        b'{"title": "x", "cover": {"width": 1, "width": 2}}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_json_to_rely_on_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        SONGS.parse(body)
    assert caught.value.detail
    assert caught.value.hint
    assert len(caught.value.detail) < 300


def test_values_may_be_nested_to_a_bound_that_any_thread_can_read() -> None:
    inner = b"[" * 62 + b"]" * 62
    SONGS.parse(b'{"title": "x", "extra": {"a": ' + inner + b"}}")
    SONGS.parse(b'{"title": "x", "extra": {"a": "' + b"[{" * 500 + b'\\"[["}}')
    with pytest.raises(Malformed, match="nested deeper than 64"):
        SONGS.parse(b'{"title": "x", "extra": {"a": [' + inner + b"]}}")


def test_the_same_text_as_name_and_value_is_no_repetition() -> None:
    song = SONGS.parse(b'{"title": "title", "tags": ["title", "title"], "extra": {"title": {"title": 1}}}')
    assert song.title == "title"
    assert SONGS.parse(b'{"title": "\\u00e9", "extra": {"\\u00e9": 1, "e": 2}}').title == "é"


def test_a_million_unknown_members_are_refused_without_a_million_words() -> None:
    members = ",".join(f'"{place:x}":0' for place in range(200_000))
    problem = refused(f"{{{members}}}")
    assert len(problem.errors) == 101
    assert problem.errors[-1].detail == "More is wrong than the 100 faults listed."


def test_a_long_name_is_cut() -> None:
    problem = refused('{"' + "x" * 100_000 + '": 1}')
    assert len(problem.errors[0].field) == 80
    assert len(problem.errors[0].detail) < 500


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"title": "a\\u0000"}', "title"),
        (b'{"title": "\\\\\\u0000"}', "title"),
        (b'{"title": "x", "tags": ["\\u0000"]}', "tags"),
        (b'{"title": "x", "extra": {"\\u0000": 1}}', "extra"),
    ],
)
def test_u0000_cannot_be_stored(body: bytes, name: str) -> None:
    with pytest.raises(Invalid, match=f"{name}: .*U\\+0000") as caught:
        SONGS.encode(SONGS.parse(body))
    assert caught.value.errors[0].field == name


def test_an_escaped_backslash_before_u0000_is_a_text() -> None:
    song = SONGS.parse(b'{"title": "\\\\u0000 \\\\\\\\u0000"}')
    assert SONGS.decode(SONGS.encode(song)).title == "\\u0000 \\\\u0000"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"title": 5}, "title"),
        ({"title": "\ud800"}, "surrogates"),
        ({"title": "x", "length": float("nan")}, "length: nan"),
        ({"title": "x", "length": float("-inf")}, "length: -inf"),
        ({"title": "x", "played": datetime(2026, 1, 31)}, "played"),
        ({"title": "x", "played": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))}, "played"),
        ({"title": "x", "year": 2**63}, "year"),
        ({"title": "x", "tags": [object()]}, "Song cannot be encoded"),
        ({"title": "x", "album": Album(title="y")}, "album"),
    ],
)
def test_a_record_made_in_python_is_checked_as_well(values: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        SONGS.check(Song(**values))
    assert caught.value.hint


def test_a_record_that_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    with pytest.raises(Invalid, match="cannot be encoded"):
        SONGS.check(Song(title="x", extra=endless))


def test_a_checked_record_is_a_copy() -> None:
    song = Song(title="x", tags=["a"])
    checked = SONGS.check(song)
    checked.tags.append("b")
    assert song.tags == ["a"]


@pytest.mark.parametrize("number", [-0.0, 5e-324, 1.7976931348623157e308, 2.0**53 + 2, 0.1])
def test_a_float_comes_back_as_it_was(number: float) -> None:
    stored = SONGS.encode(SONGS.check(Song(title="x", length=number)))
    assert repr(SONGS.decode(stored).length) == repr(number)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_nothing_but_a_problem_comes_of_any_bytes(body: bytes) -> None:
    with pytest.raises((Malformed, Invalid)):
        SONGS.parse(body)
