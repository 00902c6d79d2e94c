"""From a table's rows to songs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, TypeVar

from ...naming import digest, key, song_id, source_id
from . import values
from .columns import assign
from .entry import Name, Notice, Refused, Repeated, SongEntry
from .joining import Joined
from .mojibake import doubtful, repaired, suspect
from .table import Link, Row
from .text import bad_bytes

_URL = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/]*\.)?([^./:]+)\.[^./]+/(?:[^?#]*/)?([^/?#]+)/([^/?#]+)/?(?:[?#].*)?"
)
T = TypeVar("T")

_TITLE = 500
_NAME = 2_000


@dataclass
class SongTable:
    """Turns rows into songs. `source` goes before the ids that the table itself gives.

    `chosen` maps fields to columns where the names don't tell; `joined` is a table that rows refer to.
    """

    source: str
    chosen: Mapping[str, str] = field(default_factory=dict)
    joined: Joined | None = None
    mended: int = 0
    doubtful: list[str] = field(default_factory=list)
    _columns: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    _linked: set[str] = field(default_factory=set)
    _seen: dict[str, str] = field(default_factory=dict)
    _copies: dict[str, list[str]] = field(default_factory=dict)

    def read(self, row: Row) -> Iterator[SongEntry | Repeated | Refused | Notice]:
        """The song of a row, or why there is none; before it what is to be told of the row.

        Raises:
            Unusable: the table has no column for titles, or lacks one that the user chose.
        """
        columns = self._assigned(row)
        if self.joined:
            row, notice = self.joined.extend(row)
            if notice:
                yield notice
        cells = {name: row.cells.get(column) for name, column in columns.items()}
        for name, cell in cells.items():
            bad = bad_bytes(cell) if isinstance(cell, str) else None
            if bad:
                yield Refused(
                    row.place, f"{columns[name]} holds the byte {bad}, which isn't in the file's encoding"
                )
                return
        linked = _first_link(cells.get("title"))
        id = link_id(linked.url) if linked else ""
        if id in self._linked:
            yield Repeated(row.place, id)
            return
        title = self._mended(values.text(cells.get("title")))
        if not title:
            yield Refused(row.place, f"has no title in {columns['title']}")
            return
        if len(title) > _TITLE:
            yield Refused(row.place, f"has a title of {len(title)} characters; at most {_TITLE} are kept")
            return
        artists = self._names(cells.get("artist"))
        album = next(iter(self._names(cells.get("album"))), None)
        album_artist = next(iter(self._names(cells.get("album_artist"))), None)
        genre = values.first(self._mended(values.text(cells.get("genre")))) or None
        notices: list[Notice] = []
        length = _value(
            partial(values.seconds, column=columns.get("length", "")), cells, "length", row, notices
        )
        year = _value(values.year, cells, "year", row, notices)
        yield from notices
        song = SongEntry(row.place, id, title, artists, album, album_artist, genre, length, year)
        if id:
            self._linked.add(id)
            yield song
        else:
            yield self._identified(song, cells)

    def _assigned(self, row: Row) -> dict[str, str]:
        names = tuple(row.cells)
        columns = self._columns.get(names)
        if columns is None:
            joined = self.joined
            columns = assign(
                names,
                joined.columns if joined else (),
                chosen=self.chosen,
                keys=(joined.reference.mine,) if joined else (),
            )
            self._columns[names] = columns
        return columns

    def _identified(self, song: SongEntry, cells: dict[str, Any]) -> SongEntry | Refused:
        """The song under the id of its row, or one made from what identifies it."""
        artist = song.artists[0].name if song.artists else None
        written = values.text(cells.get("id"))
        if written:
            found = source_id(self.source, written)
            told = digest(key(song.title), key(artist or ""))
            if self._seen.setdefault(found, told) != told:
                return Refused(
                    song.place,
                    f"has the id {written!r} of another song; if that column names no songs, use --map id=",
                )
            return _with_id(song, found)
        track, disc = values.number(cells.get("track")), values.number(cells.get("disc"))
        identity = (artist, song.album.name if song.album else None, disc, track)
        base = song_id(song.title, *identity)
        told = digest(repr((song.album_artist, song.genre, song.length, song.year)))
        copies = self._copies.setdefault(base, [])
        if told not in copies:
            copies.append(told)
        return _with_id(song, song_id(song.title, *identity, copy=copies.index(told) + 1))

    def _names(self, cell: Any) -> tuple[Name, ...]:
        if isinstance(cell, list):
            return tuple([name for part in cell if (name := self._name(part))])
        name = self._name(cell)
        return (name,) if name else ()

    def _name(self, cell: Any) -> Name | None:
        name = self._mended(values.text(cell))[:_NAME]
        if not name:
            return None
        if isinstance(cell, Link):
            id = link_id(cell.url)
            return Name(name, id, id.rpartition("-")[0])
        if isinstance(cell, dict) and values.text(cell.get("id")):
            return Name(name, source_id(self.source, values.text(cell["id"])), self.source)
        return Name(name)

    def _mended(self, written: str) -> str:
        if not suspect(written):
            return written
        mended = repaired(written)
        if mended is not None:
            self.mended += 1
            return mended
        if doubtful(written):
            self.doubtful.append(written)
        return written


@lru_cache(maxsize=1 << 16)
def link_id(url: str) -> str:
    """The id of what a URL leads to: `https://open.spotify.com/track/6hAK` is `spotify-track-6hAK`."""
    match = _URL.fullmatch(url)
    return source_id(f"{match[1]}-{match[2]}", match[3]) if match else source_id("link", url)


def _first_link(cell: Any) -> Link | None:
    return cell[0] if isinstance(cell, list) and cell and isinstance(cell[0], Link) else None


def _with_id(song: SongEntry, id: str) -> SongEntry:
    return SongEntry(
        song.place,
        id,
        song.title,
        song.artists,
        song.album,
        song.album_artist,
        song.genre,
        song.length,
        song.year,
    )


def _value(
    parse: Callable[[Any], T | None], cells: dict[str, Any], name: str, row: Row, notices: list[Notice]
) -> T | None:
    """What `parse` finds in a cell; a value that cannot be read is left out of the song, and told."""
    try:
        return parse(cells.get(name))
    except ValueError as error:
        notices.append(Notice(row.place, f"{error}; left out"))
        return None
