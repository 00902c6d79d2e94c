"""From rows to songs: their ids, their names, and what is left out."""

from typing import Any

import pytest

from antiphon_music.catalog.imports.entry import Entry, Name, Notice, Refused, Repeated, SongEntry
from antiphon_music.catalog.imports.song_table import SongTable, link_id
from antiphon_music.catalog.imports.table import Link, Row


def read(table: SongTable, *rows: dict[str, Any]) -> list[Entry]:
    return [
        entry for number, cells in enumerate(rows, 2) for entry in table.read(Row(f"line {number}", cells))
    ]


def ids(entries: list[Entry]) -> list[str]:
    return [entry.id for entry in entries if isinstance(entry, SongEntry)]


def test_a_row_becomes_a_song() -> None:
    (song,) = read(
        SongTable("shop"),
        {
            "id": "7",
            "title": " Blue ",
            "artist": "X",
            "album": "Y",
            "genre": "Electronic, Rock",
            "length": "3:00",
            "year": "1999-01-02",
        },
    )
    assert song == SongEntry(
        "line 2", "shop-7", "Blue", (Name("X"),), Name("Y"), genre="Electronic", length=180.0, year=1999
    )


def test_json_may_have_lists_and_objects() -> None:
    (song,) = read(
        SongTable("shop"), {"title": "Blue", "artists": [{"id": 1, "name": "X"}, {"name": "Z"}], "id": 9}
    )
    assert isinstance(song, SongEntry)
    assert song.id == "shop-9"
    assert song.artists == (Name("X", "shop-1", "shop"), Name("Z"))


def test_links_bring_ids_and_their_songs_come_once() -> None:
    table = SongTable("list")
    row = {
        "Title": [Link("Blue", "https://open.spotify.com/track/a1")],
        "Artist": [Link("X", "https://open.spotify.com/artist/x")],
    }
    song, again = read(
        table, row, {**row, "Title": [Link("Blue (live)", "https://open.spotify.com/track/a1")]}
    )
    assert isinstance(song, SongEntry)
    assert song.id == "spotify-track-a1"
    assert song.artists == (Name("X", "spotify-artist-x", "spotify-artist"),)
    assert again == Repeated("line 3", "spotify-track-a1")


@pytest.mark.parametrize(
    ("url", "id"),
    [
        ("https://open.spotify.com/track/6hAK", "spotify-track-6hAK"),
        ("https://www.example.org/a/b/songs/12?x=1", "example-songs-12"),
        ("http://example.org/songs/12/", "example-songs-12"),
    ],
)
def test_ids_of_links(url: str, id: str) -> None:
    assert link_id(url) == id


def test_an_id_that_names_two_songs_names_none() -> None:
    rows = [{"id": "r1", "title": title} for title in ("Blue", "blue", "Red")]
    first, second, third = read(SongTable("shop"), *rows)
    assert ids([first, second]) == ["shop-r1"] * 2
    assert isinstance(third, Refused)
    assert "--map id=" in third.reason
    assert len(set(ids(read(SongTable("shop", {"id": ""}), *rows)))) == 2


def test_songs_without_ids_are_known_by_what_they_say_and_the_same_each_time() -> None:
    rows = [
        {"title": "Blue", "artist": "X", "album": "A", "length": "100"},
        {"title": "BLUE", "artist": "x", "album": "a", "length": "100"},
        {"title": "Blue", "artist": "X", "album": "A", "length": "200"},
        {"title": "Blue", "artist": "X", "album": "B", "length": "100"},
        {"title": "Blue", "artist": "X", "album": "A", "length": "200"},
    ]
    found = ids(read(SongTable("one"), *rows))
    assert [found.index(id) for id in found] == [0, 0, 2, 3, 2]
    assert ids(read(SongTable("other"), *rows)) == found


def test_values_that_cannot_be_read_are_left_out_and_told() -> None:
    entries = read(SongTable("shop"), {"title": "Blue", "length": "long", "year": "SONGFACTS.COM"})
    assert [entry.text for entry in entries if isinstance(entry, Notice)] == [
        "'long' is no length; write seconds or m:ss; left out",
        "'SONGFACTS.COM' is no year; left out",
    ]
    assert isinstance(entries[-1], SongEntry)
    assert (entries[-1].length, entries[-1].year) == (None, None)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"title": " "}, "has no title"),
        ({"title": "x" * 501}, "501 characters"),
        ({"title": "Beyonc\udce9"}, "byte 0xE9"),
        ({"title": "Blue", "artist": "Beyonc\udce9"}, "artist holds the byte 0xE9"),
    ],
)
def test_rows_without_a_usable_title_or_with_bad_bytes_are_refused(cells: dict[str, Any], said: str) -> None:
    (refused,) = read(SongTable("shop"), cells)
    assert isinstance(refused, Refused)
    assert refused.place == "line 2"
    assert said in refused.reason


def test_bad_bytes_in_a_column_that_nobody_needs_do_no_harm() -> None:
    (song,) = read(SongTable("shop"), {"title": "Blue", "comment": "caf\udce9"})
    assert isinstance(song, SongEntry)


def test_spoiled_names_are_repaired_or_kept_and_both_are_counted() -> None:
    table = SongTable("shop")
    entries = read(table, {"title": "ZoolÃ³gico", "artist": "Ã© and 初"})
    assert isinstance(entries[-1], SongEntry)
    assert (entries[-1].title, entries[-1].artists[0].name) == ("Zoológico", "Ã© and 初")
    assert (table.mended, table.doubtful) == (1, ["Ã© and 初"])
