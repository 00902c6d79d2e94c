"""Listening logs in stores: songs are found or added, and whatever is run again adds nothing."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from antiphon import Connection, Transaction
from antiphon_music.catalog.application import catalogue
from antiphon_music.catalog.imports.report import Report, Tally
from antiphon_music.catalog.imports.table import Unusable
from antiphon_music.catalog.resources import Artist, Song
from antiphon_music.listening.importing import PlayFile, import_plays
from antiphon_music.social.application import social
from antiphon_music.social.resources import Play
from antiphon_music.surroundings import here

LOG = """song,artist,callsign,time
Blue,Ana,KGB,1402945714
BLUE,ana,KGB,1402945714
Red,Ben,KGB,
,Ben,KGB,1402945714
Red,Ben,KGB,yesterday
"""


class Stores:
    def __init__(self, folder: Path, catalog: Connection, played: Connection) -> None:
        self.folder, self.catalog, self.played = folder, catalog, played

    def take(self, text: str | bytes, name: str = "log.csv") -> Report:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return import_plays(self.catalog, self.played, PlayFile(path), Console(quiet=True))

    def songs(self) -> set[tuple[str, str | None]]:
        return {(song.title, song.artist) for song in self.catalog.select(Song)}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    around = here(tmp_path)
    with catalogue(around).connect(tmp_path) as catalog, social(around).connect(tmp_path) as played:
        yield Stores(tmp_path, catalog, played)


def test_songs_that_are_lacking_are_added_and_each_row_is_a_play(stores: Stores) -> None:
    report = stores.take(LOG)
    assert report.counts["plays"] == Tally(added=3, refused=2)
    assert report.counts["songs"] == Tally(added=2)
    assert report.counts["artists"] == Tally(added=2)
    assert [(each.place, each.reason[:12]) for each in report.refused] == [
        ("log.csv, line 5", "has no title"),
        ("log.csv, line 6", "'yesterday' "),
    ]
    assert stores.songs() == {("Blue", "Ana"), ("Red", "Ben")}
    plays = stores.played.select(Play)
    blue = stores.catalog.find(Song, title="Blue")
    assert blue is not None
    assert sorted((each.song_id == blue.id, each.listener, each.at is None) for each in plays) == [
        (False, "KGB", True),
        (True, "KGB", False),
        (True, "KGB", False),
    ]


def test_the_same_again_adds_nothing_under_whatever_name(stores: Stores) -> None:
    stores.take(LOG)
    for name in ("log.csv", "other.csv"):
        report = stores.take(LOG, name)
        assert report.counts["plays"] == Tally(unchanged=3, refused=2)
        assert report.counts["songs"] == Tally(unchanged=2)
    packed = stores.take(gzip.compress(LOG.encode(), mtime=0), "log.csv.gz")
    assert packed.counts["plays"] == Tally(unchanged=3, refused=2)
    assert stores.played.count(Play) == 3


def test_songs_of_the_catalogue_are_found_by_their_names_and_stay_as_they_are(stores: Stores) -> None:
    def command(tx: Transaction) -> None:
        tx.create(Artist(id="a1", name="Björk"))
        tx.create(Song(id="mine", title="Jóga", artist="Björk", artist_id="a1", genre="Pop"))

    stores.catalog.write(command)
    before = stores.catalog.get(Song, "mine")
    report = stores.take("title,artist\njoga,BJORK\n")
    assert report.counts["songs"] == Tally(unchanged=1)
    assert stores.catalog.get(Song, "mine") == before
    (play,) = stores.played.select(Play)
    assert (play.song_id, play.listener) == ("mine", "log")


def test_a_song_that_was_added_for_a_log_and_has_another_name_by_now_keeps_it(stores: Stores) -> None:
    stores.take("title,artist\nBlue,Ana\n")
    (song,) = stores.catalog.select(Song)
    stores.catalog.write(lambda tx: tx.update(song, title="Bluer", genre="Jazz"))
    report = stores.take("title,artist\nBlue,Ana\n")
    assert report.counts["plays"] == Tally(unchanged=1)
    (after,) = stores.catalog.select(Song)
    assert (after.id, after.title, after.genre) == (song.id, "Bluer", "Jazz")


def test_a_play_that_its_file_tells_otherwise_by_now_is_updated(stores: Stores) -> None:
    stores.take("id,song,user,time\n1,Blue,ana,1402945714\n")
    report = stores.take("id,song,user,time\n1,Blue,ana,1402945715\n")
    assert report.counts["plays"] == Tally(updated=1)
    twice = stores.take("id,song,user\n2,Blue,ana\n2,Blue,ana\n2,Blue,ben\n")
    assert twice.counts["plays"] == Tally(added=1, unchanged=1, refused=1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.json", '[{"song": "Blue", "time": 1402945714}]'),
        ("log.ndjson", '{"song": "Blue", "time": "2014-06-16T19:08:34Z"}\n'),
        ("log.tsv", "song\ttime\nBlue\t1402945714\n"),
    ],
)
def test_logs_may_be_of_several_formats(stores: Stores, name: str, text: str) -> None:
    assert stores.take(text, name).counts["plays"] == Tally(added=1)
    assert stores.played.select(Play)[0].listener == "log"


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("log.csv.gz", gzip.compress(LOG.encode(), mtime=0)[:-20], "no whole gzip file"),
        ("log.csv.gz", b"song\nBlue\n", "cannot be read"),
        ("log.xlsx", b"PK", "a suffix that isn't known"),
        ("log.csv", b"artist\nAna\n", "No column holds titles"),
        ("log.csv", b"", "is empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(stores: Stores, name: str, content: bytes, detail: str) -> None:
    with pytest.raises(Unusable, match=detail):
        stores.take(content, name)
