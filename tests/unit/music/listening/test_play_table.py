"""Rows of listening logs: what makes a play, what is refused and why, and which id it gets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from antiphon_music.catalog.imports.entry import Refused
from antiphon_music.catalog.imports.table import Row, Unusable
from antiphon_music.listening.play_table import PlayEntry, PlayIds, PlayTable

AT = datetime(2014, 6, 16, 19, 8, 34, tzinfo=UTC)


def read(**cells: Any) -> PlayEntry | Refused:
    return PlayTable("radio").read(Row("log.csv, line 2", cells))


def play(**cells: Any) -> PlayEntry:
    found = read(**cells)
    assert isinstance(found, PlayEntry), found
    return found


@pytest.mark.parametrize(
    ("title", "artist", "listener", "time", "id"),
    [
        ("song", "artist", "callsign", "time", "unique_id"),
        ("Track Name", "Artist Name", "User Name", "Played At", "id"),
        ("title", "performer", "listener", "timestamp", "Play ID"),
    ],
)
def test_columns_are_known_by_their_names(title: str, artist: str, listener: str, time: str, id: str) -> None:
    row = {title: " Blue ", artist: "Ana", listener: "ben", time: "1402945714", id: "7"}
    found = play(**row)
    assert (found.song.title, [each.name for each in found.song.artists]) == ("Blue", ["Ana"])
    assert (found.listener, found.at, found.id) == ("ben", AT, "radio-7")


@pytest.mark.parametrize(
    "time",
    [
        1402945714,
        "1402945714",
        "1402945714.0",
        "1402945714000",
        "2014-06-16T19:08:34Z",
        "2014-06-16T21:08:34+02:00",
        "2014-06-16 19:08:34",
    ],
)
def test_times_are_seconds_or_as_rfc_3339_has_them(time: Any) -> None:
    assert play(song="Blue", time=time).at == AT


def test_what_a_row_does_not_say_is_not_made_up() -> None:
    found = play(song="Blue")
    assert (found.id, found.listener, found.at, found.song.artists) == (None, "radio", None, ())


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"song": ""}, "no title"),
        ({"song": "x" * 501}, "501 characters"),
        ({"song": "Blue", "time": "yesterday"}, "'yesterday' is no time"),
        ({"song": "Blue", "time": "-5"}, "'-5' is no time"),
        ({"song": "Blue", "time": (datetime.now(UTC) + timedelta(days=3)).isoformat()}, "yet to come"),
        ({"song": "Blue", "user": "x" * 201}, "201 characters"),
        ({"song": "Bl\udce9"}, "0xE9"),
    ],
)
def test_rows_that_are_no_plays_are_refused(cells: dict[str, Any], reason: str) -> None:
    found = read(**cells)
    assert isinstance(found, Refused)
    assert reason in found.reason
    assert found.place == "log.csv, line 2"


def test_a_table_without_titles_is_refused_as_a_whole() -> None:
    with pytest.raises(Unusable, match="No column holds titles"):
        read(artist="Ana")
    table = PlayTable("radio", {"genre": "x"})
    with pytest.raises(Unusable, match="There is no field 'genre' to map to; there are id, title"):
        table.read(Row("log.csv, line 2", {"song": "Blue", "x": "y"}))


def test_columns_can_be_chosen_and_left_out() -> None:
    row = Row("log.csv, line 2", {"what": "Blue", "who": "ana", "id": "of the song"})
    found = PlayTable("radio", {"title": "what", "listener": "who", "id": ""}).read(row)
    assert isinstance(found, PlayEntry)
    assert (found.song.title, found.listener, found.id) == ("Blue", "ana", None)


def test_the_same_plays_have_the_same_ids_and_as_many_as_there_are() -> None:
    twice = [play(song="Blue", user="ana", time="1402945714")] * 2
    other = play(song="Blue", user="ben", time="1402945714")
    first, second = PlayIds(), PlayIds()
    ids = [first.of(each, "s1") for each in (*twice, other)]
    assert len({*ids}) == 3
    assert [second.of(each, "s1") for each in (other, *twice)] == [ids[2], ids[0], ids[1]]


def test_an_id_of_another_play_is_none_and_one_that_comes_again_is_the_same() -> None:
    ids = PlayIds()
    first = play(song="Blue", user="ana", id="1")
    assert ids.of(first, "s1") == "radio-1"
    assert ids.of(first, "s1") == "radio-1"
    assert ids.of(play(song="Blue", user="ben", id="1"), "s1") is None
    assert ids.of(first, "s2") is None
