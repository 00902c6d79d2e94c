"""The charts are what a count from the beginning gives, whatever came when, however often they were swept."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.music.charts.counted import BEGIN, DAYS, Counted, counted, expected

from antiphon_music.charts import board
from antiphon_music.charts.counting import count_plays
from antiphon_music.charts.resources import Count, Facts, TopAlbum, TopArtist, TopSong, Track

SONGS = [f"s{number}" for number in range(6)]
ARTISTS = ["a0", "a1", None]
ALBUMS = ["l0", "l1", None]


def facts(artist: str | None, album: str | None, genre: str | None, title: str) -> Facts:
    return Facts(title, artist and f"by {artist}", artist, album and f"on {album}", album, genre)


SOME_FACTS = st.builds(
    facts,
    st.sampled_from(ARTISTS),
    st.sampled_from(ALBUMS),
    st.sampled_from([None, "Jazz", "Rock"]),
    st.sampled_from(["Blue", "Red"]),
)


@pytest.fixture
def found(tmp_path: Path) -> Any:
    with counted(tmp_path) as found:
        yield found


PLAYS = st.tuples(
    st.just("play"), st.sampled_from(SONGS), st.sampled_from([None, -5, 0, 1, 23, 24, 25, 168, 169, 720, 721])
)
LATER = st.tuples(st.just("later"), st.sampled_from([1, 2, 23, 24, 25, 144, 167, 600, 721]))
SWEEP = st.tuples(st.just("sweep"), st.sampled_from([1, 2, 1000]))
STEPS = st.one_of(
    *(PLAYS, PLAYS, PLAYS, LATER, SWEEP, SWEEP),
    st.tuples(st.just("unplay"), st.integers(0, 50)),
    st.tuples(st.just("song"), st.sampled_from(SONGS), SOME_FACTS),
    st.tuples(st.just("song"), st.sampled_from(SONGS), st.none() | SOME_FACTS),
    st.tuples(st.just("artist"), st.sampled_from(ARTISTS[:2]), st.sampled_from(["Ana", "Ben"])),
    st.tuples(st.just("album"), st.sampled_from(ALBUMS[:2]), st.sampled_from(["First", "Second"])),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    known=st.lists(SOME_FACTS, min_size=len(SONGS), max_size=len(SONGS)),
    steps=st.lists(STEPS, min_size=15, max_size=40),
    most=st.sampled_from([1, 3, 1000]),
)
def test_they_are_what_a_count_from_the_beginning_gives(
    found: Counted, known: list[Facts], steps: list[Any], most: int
) -> None:
    plays: dict[str, tuple[str, datetime | None]] = {}
    songs: dict[str, Facts] = {}
    artists: dict[str, str] = {}
    albums: dict[str, dict[str, Any]] = {}
    steps = [*(("song", id, song) for id, song in zip(SONGS[:4], known, strict=False)), *steps]

    def check() -> None:
        found.forget()
        for number, step in enumerate(steps):
            match step:
                case ("play", song, ago):
                    at = None if ago is None else found.now - timedelta(hours=ago)
                    found.play(f"p{number}", song, at)
                    plays[f"p{number}"] = (song, at)
                case ("unplay", place):
                    if plays:
                        id = sorted(plays)[place % len(plays)]
                        found.tell(count_plays, id, None)
                        del plays[id]
                case ("song", id, None):
                    found.song(id, None)
                    songs.pop(id, None)
                case ("song", id, song):
                    found.song(id, msgspec.to_builtins(song))
                    songs[id] = song
                case ("artist", id, name):
                    found.artist(id, name)
                    artists[id] = name
                case ("album", id, title):
                    albums[id] = {"title": title, "artist": "Ana", "artist_id": "a0"}
                    found.album(id, **albums[id])
                case ("later", hours):
                    found.now += timedelta(hours=hours)
                case ("sweep", some):
                    found.sweep(some)
        found.settle(most)
        assert found.everything() == expected(list(plays.values()), songs, artists, albums, found.now)
        for top in (TopArtist, TopSong, TopAlbum):
            for window in DAYS:
                for genre in (None, "Jazz", "Rock"):
                    listed = found.shown(top, window=window, genre=genre)
                    ranks = [each.rank for each in listed]
                    assert ranks == [place if place <= 2 else None for place in range(1, len(listed) + 1)]
        head = found.number
        found.settle(most)
        assert found.number == head  # done again, nothing changes
        # nothing is kept of what can make no difference any more
        found.now += timedelta(days=31)
        found.settle(most)
        assert found.select(Count) == []
        assert {each.id for each in found.select(Track)} == {
            *songs,
            *(id for id, _ in plays.values()),
        }

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board, "RANKED", 2)
        found.at_once(check)


def test_only_what_has_another_rank_or_more_plays_changes(found: Counted) -> None:
    def fill() -> None:
        for number in range(120):
            found.song(f"s{number:03}", {"title": f"T{number:03}"})
            for play in range(130 - number):
                found.play(f"p{number}-{play}", f"s{number:03}", None)

    found.at_once(fill)
    found.settle()
    assert [each.rank for each in found.shown(TopSong)] == [*range(1, 101), *[None] * 20]
    before = {each.id: each for each in found.shown(TopSong)}
    found.play("more", "s000", None)  # first already
    found.settle()
    assert changed(before, found) == {"s000": (1, 131)}
    before = {each.id: each for each in found.shown(TopSong)}
    for number in range(3):  # from 101 past the one before, which leaves the first 100
        found.play(f"again{number}", "s100", None)
    found.settle()
    assert changed(before, found) == {"s100": (99, 33), "s098": (100, 32), "s099": (None, 31)}


def changed(before: dict[str, Any], found: Counted) -> dict[str, tuple[int | None, int]]:
    return {
        each.song_id: (each.rank, each.plays)
        for each in found.shown(TopSong)
        if each.id not in before or before[each.id].revision != each.revision
    }


def test_those_with_as_many_plays_are_in_order_of_their_names(found: Counted) -> None:
    for song, title in (("s1", "b"), ("s2", "Z"), ("s3", "a"), ("s4", "é"), ("s5", "a")):
        found.song(song, {"title": title})
        found.play(f"p{song}", song, BEGIN)
    found.settle()
    shown = found.shown(TopSong)
    assert [each.title for each in shown] == ["Z", "a", "a", "b", "é"]
    assert [each.rank for each in shown] == [1, 2, 3, 4, 5]


def test_artists_and_albums_without_ids_are_told_apart_by_their_names(found: Counted) -> None:
    found.song("s1", {"title": "One", "artist": "Ana", "album": "First"})
    found.song("s2", {"title": "Two", "artist": "Ana", "album": "First"})
    found.song("s3", {"title": "Three", "artist": "Ben", "album": "First"})
    for song in ("s1", "s2", "s3"):
        found.play(f"p{song}", song, BEGIN)
    found.settle()
    assert [(each.artist, each.artist_id, each.plays) for each in found.shown(TopArtist)] == [
        ("Ana", None, 2),
        ("Ben", None, 1),
    ]
    assert [(each.album, each.artist, each.plays) for each in found.shown(TopAlbum)] == [
        ("First", "Ana", 2),
        ("First", "Ben", 1),
    ]


def test_spellings_of_a_genre_are_one_chart(found: Counted) -> None:
    found.song("s1", {"title": "One", "artist_id": "a1", "genre": "Électro"})
    found.song("s2", {"title": "Two", "artist_id": "a1", "genre": "electro"})
    for song in ("s1", "s2"):
        found.play(f"p{song}", song, BEGIN)
    found.settle()
    (shown,) = found.shown(TopArtist, genre="ELECTRO")
    assert (shown.plays, shown.rank, shown.artist) == (2, 1, "a1")


def test_what_waits_is_announced_and_the_rest_is_not(found: Counted) -> None:
    found.song("s1", {"title": "One"})
    found.artist("a1", "Ana")
    assert not found.pending  # nothing of it was played
    found.play("p1", "s1", BEGIN)
    assert found.pending


@pytest.mark.parametrize("days", [30, 7, 1])
def test_a_play_is_in_a_window_for_its_days_and_leaves_within_the_next_hour(
    found: Counted, days: int
) -> None:
    found.song("s1", {"title": "One"})
    found.play("p1", "s1", BEGIN)
    found.settle()
    found.now = BEGIN + timedelta(days=days)
    found.settle()
    assert [each.plays for each in found.shown(TopSong, window=f"{days}d")] == [1]
    found.now = BEGIN + timedelta(days=days, minutes=30)  # the hour is over
    found.settle()
    assert found.shown(TopSong, window=f"{days}d") == []
    assert [each.plays for each in found.shown(TopSong)] == [1]
