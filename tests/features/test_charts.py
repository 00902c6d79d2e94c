"""Charts: real listening logs count as they should, whatever fails, and who follows sees them move."""

import csv
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.music import Caller, Music, playing, run_music
from tests.acceptance.server import PATIENCE, eventually
from tests.features.catalog_sources import source

BY = pytest.mark.parametrize("together", [True, False], ids=["in one process", "apart"])


def listed(who: Caller, path: str) -> list[Any]:
    """All that there is at a path."""
    answer = who.get(path, headers={"Accept": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def plays_of(who: Caller, path: str = "/top-songs") -> int:
    return sum(each["plays"] for each in listed(who, path))


@pytest.mark.parametrize(
    "together", [True, pytest.param(False, marks=pytest.mark.long)], ids=["in one process", "apart"]
)
def test_the_plays_of_the_radio_stations_give_the_same_charts_as_a_count_from_the_file(
    tmp_path: Path, together: bool
) -> None:
    file = source("demo/classic-rock/plays.csv.gz")
    with gzip.open(file, "rt") as lines:
        rows = [(row["song"].strip(), row["artist"].strip()) for row in csv.DictReader(lines)]
    assert len(rows) == 37_673
    artists, songs = Counter(artist for _, artist in rows), Counter(rows)
    with playing(tmp_path / "data", together=together) as music:
        who = music.client()
        added = run_music("import", "plays", str(file), data=music.folder)
        assert "37,673" in added
        charts = music.server_of("charts")
        if not together:
            for _ in range(3):  # wherever it is
                time.sleep(0.4)
                charts.kill()
                charts.start()
        (most,) = artists.most_common(1)

        def counted() -> bool:
            leaders = who.get("/top-artists?limit=1").json()["items"]
            return [each["plays"] for each in leaders] == [most[1]] and plays_of(who) == len(rows)

        assert eventually(counted)
        shown = listed(who, "/top-artists")
        expected = sorted(artists.items(), key=lambda each: (-each[1], each[0]))
        assert [(each["artist"], each["plays"]) for each in shown] == expected
        assert [each["rank"] for each in shown] == [*range(1, 101), *[None] * (len(expected) - 100)]
        for each in shown[:5]:
            assert who.get(f"/artists/{each['artist_id']}").json()["name"] == each["artist"]
        shown = listed(who, "/top-songs")
        assert {(each["title"], each["artist"]): each["plays"] for each in shown} == songs
        in_order = sorted(songs.items(), key=lambda each: (-each[1], each[0][0]))
        assert [(each["title"], each["plays"]) for each in shown] == [
            (of[0], plays) for of, plays in in_order
        ]
        assert [each["rank"] for each in shown[:102]] == [*range(1, 101), None, None]
        assert listed(who, "/top-artists?window=30d") == []  # it was in June 2014
        again = run_music("import", "plays", str(file), data=music.folder)
        assert [cell.strip() for cell in _row(again, "plays")] == ["0", "37,673", "0", "0"]
        assert _row(again, "songs")[0].strip() == "0"
        time.sleep(0.5)
        assert plays_of(who) == len(rows)


def _row(table: str, name: str) -> list[str]:
    (line,) = [line for line in table.splitlines() if line.startswith(f"│ {name} ")]
    return line.split("│")[2:-1]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Three songs, of three artists."""
    path = tmp_path / "songs.csv"
    path.write_text(
        "title,artist,album,genre\nOne,Ana,First,Jazz\nTwo,Ben,Second,Rock\nThree,Cleo,Third,Jazz\n"
    )
    return path


@BY
def test_who_follows_the_first_of_a_chart_sees_it_move(tmp_path: Path, catalog: Path, together: bool) -> None:
    run_music("import", "songs", str(catalog), data=tmp_path / "data")
    with playing(tmp_path / "data", together=together) as music:
        who = music.sign_up("ana")
        songs = {song["artist"]: song["id"] for song in who.get("/songs").json()["items"]}

        def play(artist: str) -> None:
            assert who.post("/plays", {"song_id": songs[artist]}).status_code == 201

        for artist in ("Ana", "Ana", "Ben", "Cleo"):
            play(artist)
        assert eventually(lambda: len(listed(who, "/top-artists")) == 3 and plays_of(who) == 4)
        with following(music, "/top-artists?limit=2") as window:
            assert window.until({"Ana": (1, 2), "Ben": (2, 1)}) == {"present"}
            play("Cleo")
            assert window.until({"Ana": (1, 2), "Cleo": (2, 2)}) == {"added", "removed"}
            play("Cleo")
            assert window.until({"Cleo": (1, 3), "Ana": (2, 2)}) == {"changed"}
        for path in ("/top-artists", "/top-songs", "/top-albums"):
            for days in ("all", "30d", "7d", "1d"):
                items = who.get(f"{path}?window={days}&limit=10").json()["items"]
                ranks = [(each["rank"], each["plays"]) for each in items]
                assert ranks == [(1, 3), (2, 2), (3, 1)]
        jazz = who.get("/top-artists?genre=jazz").json()["items"]
        assert [(each["artist"], each["rank"], each["genre"]) for each in jazz] == [
            ("Cleo", 1, "Jazz"),
            ("Ana", 2, "Jazz"),
        ]
        assert who.post("/top-artists", {"artist": "Ben", "plays": 99, "window": "all"}).status_code == 403


class Window:
    """The first of a chart as one who follows it knows them: ranks and plays by artist."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._records: dict[str, Any] = {}

    @property
    def shown(self) -> dict[str, tuple[int, int]]:
        return {each["artist"]: (each["rank"], each["plays"]) for each in self._records.values()}

    def until(self, wanted: dict[str, tuple[int, int]]) -> set[str]:
        """Listen until it is this; the kinds of all events up to there."""
        kinds: set[str] = set()
        while self.shown != wanted:
            kind, data = self._next()
            kinds.add(kind)
            if kind == "removed":
                del self._records[data["id"]]
            else:
                self._records[data["id"]] = data
        return kinds

    def _next(self) -> tuple[str, Any]:
        kind = ""
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and kind != "live":
                return kind, json.loads(value)
        raise AssertionError("the stream has ended")


@contextmanager
def following(music: Music, path: str) -> Iterator[Window]:
    with (
        httpx.Client(timeout=PATIENCE, trust_env=False) as client,
        client.stream("GET", music.at(path), headers={"Accept": "text/event-stream"}) as answer,
    ):
        yield Window(answer.iter_lines())
