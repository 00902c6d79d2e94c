"""A declaration as a whole: its layout, its keys, its columns, its defaults."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.songs import Album, Size, Song

from antiphon.errors import DeclarationError
from antiphon.resources import Ref, Resource, column_text, declare, field
from antiphon.resources.resource import ResourceMeta

SONGS = declare(Song)
ZONE = timezone(timedelta(hours=2))


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
