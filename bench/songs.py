"""The songs to measure with: a real archive's where it is there, made-up ones for the rest."""

import functools
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypedDict
from zlib import crc32

CATALOGUE_SIZE = 100_000
ROW = re.compile(
    r"^\| (?:\d+ \| )?\[(.*)\]\(https://open\.spotify\.com/track/(\w+)\) \| (.*)"
    r" \| \[(.*)\]\(https://open\.spotify\.com/album/\w+\) \| (\S+) \|"
)
NAME = re.compile(r"\[(.*?)\]\(https://open\.spotify\.com/artist/\w+\)")
GENRES = (
    "Jazz", "Rock", "Pop", "Classical", "Hip-Hop", "Folk", "Blues", "Soul", "Electronic", "Country",
    "Reggae", "Metal", "Punk", "Latin", "Ambient", "Funk", "Gospel", "House", "Techno", "World",
)  # fmt: skip
FIRST = ("Blue", "Quiet", "Golden", "Broken", "Midnight", "Distant", "Électrique", "Slow", "Paper", "Wild")
SECOND = (
    "River",
    "Train",
    "Window",
    "Señorita",
    "Harbour",
    "Garden",
    "Letter",
    "Summer",
    "Mirror",
    "Highway",
)


class SongRow(TypedDict):
    """One song, as the catalogue's importer takes it; `length` in seconds."""

    title: str
    artist: str
    album: str
    genre: str
    length: float
    year: int


@dataclass(frozen=True)
class Songs:
    """`rows` to measure with; `ids` are those of the first ones, which the archive has; `origin` says so."""

    rows: list[SongRow]
    ids: list[str]
    origin: str


def archive() -> Path | None:
    """The playlist archive, or None where it is absent. `MUSIC_TEST_DATA` names the folder of data sets."""
    folder = Path(os.environ.get("MUSIC_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    return next(iter(sorted(folder.glob("bench/spotify-playlist-archive-*.tar.xz"))), None)


@functools.cache
def load() -> Songs:
    """100,000 songs: the archive's, then made-up ones. Genre and year are made up for all: it has none."""
    size = CATALOGUE_SIZE
    path = archive()
    found = list(islice(read(path), size)) if path else []
    ids, rows = [id for id, _ in found], [row for _, row in found]
    real = len(rows)
    rows.extend(made_up(size - real))
    if path:
        origin = f"{real:,} songs of {path.name.removesuffix('.tar.xz')}, {size - real:,} made-up ones"
    else:
        origin = f"THE PLAYLIST ARCHIVE IS ABSENT: all {size:,} songs are made up"
    return Songs(rows, ids, f"{origin}; genre and year are made up throughout")


def read(path: Path) -> Iterator[tuple[str, SongRow]]:
    """Each distinct track of the archive with its id, in the order of its files."""
    seen = set()
    with tarfile.open(path) as files:
        for member in files:
            if not re.search(r"/(cumulative|pretty)/.*\.md$", member.name):
                continue
            stream = files.extractfile(member)
            for line in stream.read().decode().splitlines() if stream else ():
                if (found := ROW.match(line)) and found[2] not in seen:
                    seen.add(found[2])
                    artist = ", ".join(NAME.findall(found[3])) or found[3]
                    yield found[2], song(found[1], artist, found[4], found[5])


def song(title: str, artist: str, album: str, length: str) -> SongRow:
    """A row of the archive as a song; its genre and its year follow from the artist and the album."""
    minutes, _, seconds = length.rpartition(":")
    return {
        "title": title,
        "artist": artist,
        "album": album,
        "genre": GENRES[crc32(artist.encode()) % len(GENRES)],
        "length": float(int(minutes or 0) * 60 + int(seconds)),
        "year": 1960 + crc32(album.encode()) % 60,
    }


def made_up(count: int) -> Iterator[SongRow]:
    """`count` songs of 4,000 artists; the same each time."""
    for number in range(count):
        artist = f"{FIRST[number % 10]} {SECOND[number // 10 % 10]}s {number % 4000}"
        title = f"{FIRST[crc32(b'%d' % number) % 10]} {SECOND[number % 10]} {number}"
        album = f"{SECOND[number % 7]} {number % 4000} / {number // 40_000}"
        yield song(title, artist, album, f"{2 + number % 4}:{number % 60:02}")
