"""The limit of a page: apsw rows to msgspec bytes, with no toolkit between."""

from pathlib import Path

import apsw
import msgspec

FIRST = "SELECT id, CAST(record AS BLOB) FROM songs WHERE genre_folded = ? ORDER BY id LIMIT ?"
LATER = "SELECT id, CAST(record AS BLOB) FROM songs WHERE genre_folded = ? AND id > ? ORDER BY id LIMIT ?"


class BarePage(msgspec.Struct):
    """A page whose items are stored bytes, and the id that the next one begins after."""

    items: list[msgspec.Raw]
    next: str | None


class BarePages:
    """Pages of songs by genre, from one connection."""

    def __init__(self, path: Path, limit: int) -> None:
        self._cursor = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY).cursor()
        self._limit = limit
        self._encode = msgspec.json.Encoder().encode

    def page(self, genre: str, after: str | None) -> bytes:
        """The body of one page; one row more than the page is read, to know whether there is a next one."""
        if after is None:
            rows = list(self._cursor.execute(FIRST, (genre, self._limit + 1)))
        else:
            rows = list(self._cursor.execute(LATER, (genre, after, self._limit + 1)))
        following = rows[self._limit - 1][0] if len(rows) > self._limit else None
        items = [msgspec.Raw(record) for _, record in rows[: self._limit]]
        return self._encode(BarePage(items, following))
