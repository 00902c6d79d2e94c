"""A declaration as a whole: its layout, and what it takes and refuses of clients and of Python."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.songs import Album, Size, Song

from antiphon.errors import DeclarationError, Invalid, Malformed
from antiphon.resources import Ref, Resource, column_text, declare, field
from antiphon.resources.resource import ResourceMeta

SONGS = declare(Song)
ZONE = timezone(timedelta(hours=2))


def refused(body: bytes | str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        SONGS.parse(body.encode() if isinstance(body, str) else body)
    assert caught.value.hint
    return caught.value


def test_a_class_is_compiled_once_and_its_records_belong_to_it() -> None:
    assert declare(Song) is SONGS
    assert declare(type(SONGS.parse(b'{"title": "Naima"}'))) is SONGS
    assert isinstance(SONGS.parse(b'{"title": "Naima"}'), Song)


def test_the_layout_follows_the_class() -> None:
    assert (SONGS.name, SONGS.path, SONGS.table) == ("Song", "/songs", "songs")
    assert list(SONGS.by_name)[:4] == ["id", "revision", "title", "mood"]
    assert SONGS.columns == (*SONGS.by_name, "title_folded", "record")
    assert SONGS.indexes == (("album",), ("parent",))
    assert SONGS.by_name["album"].reference is Album
    assert SONGS.by_name["parent"].reference == "Song"
    assert declare(Album).by_name["opener"].reference is Song


def test_keys_come_from_fields_and_lists_each_once() -> None:
    class Track(Resource):
        title: str = field(index=True, unique=True)
        place: int = field(index=True)
        indexes = (("title", "place"), ("place",), ("place", "title"))
        uniques = (("place",),)

    assert declare(Track).indexes == (("title",), ("place",), ("title", "place"), ("place", "title"))
    assert declare(Track).uniques == (("title",), ("place",))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("genre",), "holds 'genre'"),
        ("genre", "holds 'genre'"),
        (None, "holds None"),
        (((),), r"holds \(\)"),
        ((("title", "gnere"),), r"names \('title', 'gnere'\), and 'gnere' is no field"),
        ((("title", "tags"),), "'tags' cannot be in it"),
        ((("title", "title"),), "'title' cannot be in it"),
        (((5,),), "5 is no field"),
    ],
)
@pytest.mark.parametrize("what", ["indexes", "uniques"])
def test_a_key_that_names_no_field_is_refused(what: str, keys: Any, said: str) -> None:
    annotations = {"title": str, "genre": str, "tags": list[str]}
    made: Any = ResourceMeta(
        "Track", (Resource,), {"__annotations__": annotations, "__module__": __name__, what: keys}
    )
    with pytest.raises(DeclarationError, match=f"Track.{what} .*{said}") as caught:
        declare(made)
    assert caught.value.hint


@pytest.mark.parametrize("hint", ["Nowhere", "list[", "datetime.nothing", "str | Nowhere", "'str"])
def test_a_type_that_cannot_be_found_is_refused(hint: str) -> None:
    made: Any = ResourceMeta("Track", (Resource,), {"__annotations__": {"a": hint}, "__module__": __name__})
    with pytest.raises(DeclarationError, match="Track has a type that cannot be found") as caught:
        declare(made)
    assert "Ref['Album']" in caught.value.hint


@pytest.mark.parametrize("name", ["id", "revision"])
def test_the_fields_of_every_record_cannot_be_declared(name: str) -> None:
    made: Any = ResourceMeta("Track", (Resource,), {"__annotations__": {name: str}, "__module__": __name__})
    with pytest.raises(DeclarationError, match=f"Track.{name} is declared"):
        declare(made)


@pytest.mark.parametrize("other", [Resource, int, Size, "Song", 5])
def test_what_is_no_resource_cannot_be_declared(other: Any) -> None:
    with pytest.raises(DeclarationError, match="no resource"):
        declare(other)


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


def test_a_row_holds_what_columns_name() -> None:
    song = SONGS.check(
        Song(
            title="BJÖRK",
            released=date(5, 1, 2),
            played=datetime(5, 1, 2, 3, tzinfo=ZONE),
            tags=["é"],
            cover=Size(1, 2),
        )
    )
    encoded = SONGS.encode(song)
    row = dict(zip(SONGS.columns, SONGS.row(song, encoded), strict=True))
    assert (row["title"], row["title_folded"]) == ("BJÖRK", "bjork")
    assert (row["released"], row["played"]) == ("0005-01-02", "0005-01-02T01:00:00.000000Z")
    assert (row["tags"], row["cover"], row["extra"]) == ('["é"]', '{"width":1,"height":2}', None)
    assert row["record"] == encoded


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_order_as_their_columns(one: datetime, other: datetime) -> None:
    assert (one < other) == (column_text(one) < column_text(other))
    assert (one.date() < other.date()) == (column_text(one.date()) < column_text(other.date()))


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


class Hourly(Resource):
    at: datetime = datetime(2026, 1, 31, 14, tzinfo=ZONE)
    share: float = 1


def test_defaults_are_as_if_they_had_been_sent() -> None:
    hourly = declare(Hourly)
    parsed = hourly.parse(b"{}")
    assert parsed.at.tzinfo is UTC
    assert (
        hourly.encode(parsed) == hourly.encode(hourly.check(Hourly())) == hourly.encode(hourly.check(parsed))
    )


def test_forward_and_circular_references_are_found() -> None:
    class Here(Resource):
        there: Ref["There"] | None = None  # type: ignore[name-defined] # noqa: F821

    assert declare(Here).by_name["there"].reference == "There"
    assert declare(Here).indexes == (("there",),)
