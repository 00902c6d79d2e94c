"""Imports into a real catalogue: exact counts, the same again adds nothing, and what is refused is told."""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
from tests.features.catalog_sources import playlists, source
from tests.unit.music.catalog.audio.tones import write_tone

from antiphon import Connection
from antiphon_music.catalog.application import catalogue
from antiphon_music.catalog.audio.shelf import Shelf
from antiphon_music.catalog.imports.audio_files import AudioFiles
from antiphon_music.catalog.imports.chinook import Chinook
from antiphon_music.catalog.imports.intake import Intake
from antiphon_music.catalog.imports.joining import Reference
from antiphon_music.catalog.imports.report import Report
from antiphon_music.catalog.imports.songs import SongFiles
from antiphon_music.catalog.imports.table import Unusable
from antiphon_music.catalog.resources import Album, Artist, Genre, Song
from antiphon_music.surroundings import here


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with catalogue(here(tmp_path / "data")).connect(tmp_path / "data") as connection:
        yield connection


def take_songs(connection: Connection, path: Path, **options: Any) -> Report:
    report = Report()
    Intake(connection, report).take(SongFiles(path, **options).entries(report, lambda _: None))
    return report


def take_chinook(connection: Connection) -> Report:
    report = Report()
    Intake(connection, report).take(Chinook(source("demo/chinook/ChinookData.json")).entries(lambda _: None))
    return report


def take_audio(connection: Connection, folder: Path, data: Path) -> Report:
    report = Report()
    files = AudioFiles(folder, Shelf(data))
    Intake(connection, report).take(files.entries(files.files(), report, lambda _: None), files.link)
    return report


def numbers(report: Report) -> dict[str, tuple[int, ...]]:
    """Added, unchanged, updated and refused, by kind."""
    return {kind: astuple(tally) for kind, tally in report.counts.items()}


def sizes(connection: Connection) -> tuple[int, ...]:
    return tuple(connection.count(resource) for resource in (Song, Artist, Album, Genre))


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_all_of_chinook_and_nothing_twice(connection: Connection) -> None:
    first = take_chinook(connection)
    assert sizes(connection) == (3503, 275, 347, 25)
    assert first.refused == []
    assert numbers(take_chinook(connection)) == {
        "songs": (0, 3503, 0, 0),
        "artists": (0, 275, 0, 0),
        "albums": (0, 347, 0, 0),
        "genres": (0, 25, 0, 0),
    }
    song = connection.get(Song, "chinook-track-1")
    assert (song.title, song.artist) == ("For Those About To Rock (We Salute You)", "AC/DC")
    assert (song.album, song.genre, song.length) == ("For Those About To Rock We Salute You", "Rock", 343.719)
    assert (song.year, song.preview) == (None, None)
    assert connection.get(Artist, song.artist_id or "").name == "AC/DC"
    assert connection.count(Song, genre="jazz") == 130


def test_all_rows_of_freemusi_with_what_their_releases_tell(connection: Connection) -> None:
    folder = source("bench/freemusi.cc")
    options = {"join": Reference.parse(f"{folder / 'releases.csv'}:id")}
    first = take_songs(connection, folder / "tracks.csv", **options)
    songs = first.counts["songs"]
    assert songs.added + songs.unchanged + songs.refused == 21_502
    assert songs.refused == 20
    assert {refused.reason for refused in first.refused} == {"has no title in title"}
    assert first.refused[0].place == "tracks.csv, line 3087"
    assert songs.added > 21_400
    assert connection.count(Song, genre="electronic") > 10_000
    assert connection.count(Genre) == 9
    assert connection.find(Artist, name="El Zoológico") is not None
    assert numbers(take_songs(connection, folder / "tracks.csv", **options))["songs"] == (0, 21_482, 0, 20)


def test_a_release_id_is_no_song_id_and_the_report_says_what_to_do(connection: Connection) -> None:
    folder = source("bench/freemusi.cc")
    report = take_songs(connection, folder / "tracks.csv")
    assert report.counts["songs"].refused > 19_000
    assert "--map id=" in report.refused[0].reason


def test_the_classic_rock_list(connection: Connection) -> None:
    path = source("demo/classic-rock/classic-rock-song-list.csv")
    report = take_songs(connection, path)
    assert sizes(connection)[0] == 2229
    assert [notice.text for notice in report.notices] == ["'SONGFACTS.COM' is no year; left out"]
    song = connection.find(Song, title="Hold On Loosely")
    assert song is not None
    assert (song.artist, song.year) == (".38 Special", 1981)
    assert numbers(take_songs(connection, path))["songs"] == (0, 2229, 0, 0)


def test_some_playlists(connection: Connection, tmp_path: Path) -> None:
    folder = playlists(tmp_path / "archive", 12)
    first = take_songs(connection, folder)
    assert first.refused == []
    assert first.counts["songs"].added > 1_000
    several = [song for song in connection.select(Song, limit=500) if song.artist and ", " in song.artist]
    assert several
    assert (several[0].artist_id or "").startswith("spotify-artist-")
    before = sizes(connection)
    again = take_songs(connection, folder)
    assert (again.counts["songs"].added, again.counts["songs"].updated) == (0, 0)
    assert sizes(connection) == before


@pytest.mark.long
def test_the_whole_playlist_archive(connection: Connection, tmp_path: Path) -> None:
    folder = playlists(tmp_path / "archive")
    assert take_songs(connection, folder).counts["songs"].added == 63_479
    assert sizes(connection)[0] == 63_479
    again = take_songs(connection, folder)
    assert (again.counts["songs"].added, again.counts["songs"].updated, again.refused) == (0, 0, [])


def test_sources_share_artists_albums_and_genres_by_name(connection: Connection, tmp_path: Path) -> None:
    take_chinook(connection)
    before = sizes(connection)
    rows = "title,artist,album,genre\nNew One,ac/dc,let there be rock,ROCK\nOther,Nobody Yet,First,Polka\n"
    report = take_songs(connection, write(tmp_path, "more.csv", rows))
    assert numbers(report) == {
        "songs": (2, 0, 0, 0), "artists": (1, 1, 0, 0), "albums": (1, 1, 0, 0), "genres": (1, 1, 0, 0),
    }  # fmt: skip
    song = connection.find(Song, title="New One")
    assert song is not None
    assert (song.artist_id, song.genre) == ("chinook-artist-1", "Rock")
    assert sizes(connection) == tuple(
        number + more for number, more in zip(before, (2, 1, 1, 1), strict=True)
    )


def test_a_change_in_the_source_updates_and_keeps_the_preview(connection: Connection, tmp_path: Path) -> None:
    path = write(tmp_path, "list.csv", "id,title,year\n1,Blue,1999\n2,Red,1998\n")
    take_songs(connection, path)
    connection.write(lambda tx: tx.update(tx.get(Song, "list-1"), preview="/songs/list-1/preview"))
    path.write_text("id,title,year\n1,Blue,2000\n2,Red,1998\n")
    assert numbers(take_songs(connection, path))["songs"] == (0, 1, 1, 0)
    song = connection.get(Song, "list-1")
    assert (song.year, song.preview) == (2000, "/songs/list-1/preview")


def test_a_row_that_breaks_the_declaration_is_refused_alone(connection: Connection, tmp_path: Path) -> None:
    rows = "\n".join(f"Song {number},{'x' * 300 if number == 7 else 'Rock'}" for number in range(20))
    report = take_songs(connection, write(tmp_path, "list.csv", f"title,genre\n{rows}\n"))
    assert numbers(report)["songs"] == (19, 0, 0, 1)
    assert report.refused[0].place == "list.csv, line 9"
    assert "200" in report.refused[0].reason


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.csv", "Titre;Interprète\rBjörk à Paris;Émilie\r".encode("cp1252")),
        ("list.csv", "\ufeffTitre,Interprète\r\nBjörk à Paris,Émilie\r\n".encode()),
        ("list.tsv", "Titre\tInterprète\nBjörk à Paris\tÉmilie\n".encode("utf-16")),
        ("list.json", '[{"Titre": "Björk à Paris", "Interprète": "Émilie"}]'.encode()),
        ("list.ndjson", '{"Titre": "Björk à Paris", "Interprète": "Émilie"}\n'.encode()),
        ("list.md", "| Titre | Interprète |\n|---|---|\n| Björk à Paris | Émilie |\n".encode()),
    ],
)
def test_other_column_names_are_mapped_in_any_format(
    connection: Connection, tmp_path: Path, name: str, content: bytes
) -> None:
    path = write(tmp_path, name, content)
    report = take_songs(connection, path, chosen={"title": "Titre", "artist": "Interprète"})
    assert numbers(report)["songs"] == (1, 0, 0, 0)
    song = connection.find(Song, artist="emilie")
    assert song is not None
    assert song.title == "Björk à Paris"


def test_a_folder_passes_over_what_has_no_songs(connection: Connection, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder, "a.csv", "title\nBlue\n")
    write(folder, "b.csv", "colour\nred\n")
    write(folder, "README.md", "# Nothing here\n")
    report = take_songs(connection, folder)
    assert report.counts["songs"].added == 1
    assert [notice.place for notice in report.notices] == ["b.csv"]


def test_what_cannot_be_used_at_all_says_why(connection: Connection, tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "nowhere.csv", "doesn't exist"),
        (write(tmp_path, "list.xlsx", "x"), "suffix that isn't known"),
        (write(tmp_path, "list.csv", "colour\nred\n"), "--map title=COLUMN"),
    ):
        with pytest.raises(Unusable, match=said):
            take_songs(connection, path)


def test_audio_files_are_known_again_when_they_move_or_their_tags_change(
    connection: Connection, tmp_path: Path
) -> None:
    folder, data = tmp_path / "music", tmp_path / "data"
    tags = {
        "title": "Blue",
        "artist": "X",
        "album": "Y",
        "genre": "Jazz, Bop",
        "date": "1999",
        "tracknumber": "3",
    }
    write_tone(folder / "deep" / "blue.opus", 1.0, tags=tags)
    write_tone(folder / "02 - no_tags.opus", 1.0)
    write(folder, "broken.ogg", b"OggS nothing")
    write(folder, "cover.jpg", b"\xff\xd8\xff\xe0")
    report = take_audio(connection, folder, data)
    assert numbers(report) == {
        "songs": (2, 0, 0, 1), "artists": (1, 0, 0, 0), "albums": (1, 0, 0, 0), "genres": (1, 0, 0, 0),
    }  # fmt: skip
    assert report.refused[0].place == "broken.ogg"
    song = connection.find(Song, title="Blue")
    assert song is not None
    assert (song.artist, song.album, song.genre, song.year, song.length) == ("X", "Y", "Jazz", 1999, 1.0)
    assert song.preview == f"/songs/{song.id}/preview"
    assert connection.find(Song, title="no tags") is not None

    (folder / "deep" / "blue.opus").rename(folder / "moved.opus")
    assert numbers(take_audio(connection, folder, data))["songs"] == (0, 2, 0, 1)
    assert Shelf(data).file(song.id) == folder / "moved.opus"

    write_tone(folder / "moved.opus", 1.0, tags={**tags, "title": "Bluer"})
    assert numbers(take_audio(connection, folder, data))["songs"] == (0, 1, 1, 1)
    assert connection.get(Song, song.id).title == "Bluer"

    write_tone(folder / "copy.opus", 1.0, tags={**tags, "title": "Bluer", "tracknumber": "9"})
    write_tone(folder / "copy2.opus", 1.0, tags={**tags, "title": "Bluer", "tracknumber": "9"})
    report = take_audio(connection, folder, data)
    assert numbers(report)["songs"] == (1, 3, 0, 1)
    assert any("keeps its audio file" in notice.text for notice in report.notices)
