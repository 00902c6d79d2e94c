"""The pages that are asked for, and by plain SQL what they must hold."""

import sqlite3
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import msgspec

LIMIT = 50
DEPTH = 20
"""Pages of each genre that are asked for: with 20 genres, 400 different ones in turn."""


@dataclass(frozen=True)
class Asked:
    """One page: the songs of `genre` after the song with the id `after` (None: from the beginning)."""

    genre: str
    after: str | None

    @property
    def folded(self) -> str:
        """The genre as its column of folded values has it."""
        return self.genre.casefold()


def genre_pages(path: Path, genres: tuple[str, ...]) -> list[Asked]:
    """The first pages of each genre, one of each genre after the other, from the database file."""
    connection = sqlite3.connect(path)
    walks = []
    for genre in genres:
        sql = "SELECT id FROM songs WHERE genre_folded = ? ORDER BY id LIMIT ?"
        ids = [id for (id,) in connection.execute(sql, (genre.casefold(), LIMIT * DEPTH))]
        walks.append([Asked(genre, None), *(Asked(genre, id) for id in ids[LIMIT - 1 : -1 : LIMIT])])
    connection.close()
    return list(chain.from_iterable(zip(*walks, strict=False)))


def records(path: Path, asked: Asked) -> list[bytes]:
    """The records of the page, as JSON, read by Python's own SQLite."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT record FROM songs WHERE genre_folded = ? AND id > ? ORDER BY id LIMIT ?",
        (asked.folded, asked.after or "", LIMIT),
    ).fetchall()
    connection.close()
    return [record.encode() for (record,) in rows]


def same(body: bytes, expected: list[bytes]) -> bool:
    """Whether the items of a page are these records, value for value; a null member may be left out."""

    def plain(record: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in record.items() if value is not None}

    items = msgspec.json.decode(body)["items"]
    return [plain(item) for item in items] == [plain(msgspec.json.decode(each)) for each in expected]
