"""The board: what changes in the charts in one transaction, and the ranks after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from antiphon import Transaction

from ..naming import key
from .records import id_of, stored
from .resources import AlbumName, ArtistName, Facts, Top, TopAlbum, TopArtist, TopSong, Window
from .windows import WINDOWS

RANKED = 100
NAMES: dict[type[Top], str] = {TopArtist: "artist", TopSong: "title", TopAlbum: "album"}
"""By what those with as many plays are in order."""

Chart = tuple[type[Top], Window, str | None]
"""One list: of what, over which time, of which genre, folded."""


@dataclass
class Line:
    """A record of a chart, as it is to be; without plays, it is to go."""

    record: Any
    plays: int
    new: bool


@dataclass
class Board:
    """Takes plays to and from what songs say of themselves; `settle` writes it all.

    What a chart shows of an artist or album is what the catalogue calls it, if that is known yet.
    """

    tx: Transaction
    _charts: dict[Chart, dict[str, Line]] = field(default_factory=dict)
    _artists: dict[str, str | None] = field(default_factory=dict)
    _albums: dict[str, AlbumName | None] = field(default_factory=dict)

    def move(self, id: str, song: Facts | None, plays: list[int], sign: int = 1) -> None:
        """Add plays of a song in each window, or with `sign` -1 take them away."""
        if song is None:
            return
        genres = (None,) if song.genre is None else (None, song.genre)
        for top, known, face in self._faces(id, song):
            for window, number in zip(WINDOWS, plays, strict=True):
                if number:
                    for genre in genres:
                        self._add(top, known, window, genre, face, sign * number)

    def rename(self, name: ArtistName | AlbumName) -> None:
        """Show what is shown of an artist or album under another name."""
        shown: list[Any]
        if isinstance(name, ArtistName):
            shown = self.tx.select(TopArtist, artist_id=name.id)
            face: dict[str, Any] = {"artist": name.name}
        else:
            shown = self.tx.select(TopAlbum, album_id=name.id)
            face = {"album": name.title, "artist": name.artist, "artist_id": name.artist_id}
        for record in shown:
            line = self._line(type(record), record.window, record.genre, record.id, record)
            _dress(line.record, face)

    def settle(self) -> None:
        """Write what has changed: plays, names, and the ranks that are others now."""
        for (top, window, genre), lines in self._charts.items():
            order = f"-plays,{NAMES[top]}"
            most = RANKED + len(lines)
            listed = self.tx.select(top, order=order, limit=most, window=window, genre=genre)
            others: list[Any] = [record for record in listed if record.id not in lines]
            for line in lines.values():
                line.record.plays = line.plays
                if line.plays > 0:
                    others.append(line.record)
                elif not line.new:
                    self.tx.delete(line.record)
            name = NAMES[top]
            others.sort(key=lambda record: (-record.plays, getattr(record, name), record.id))
            for rank, record in enumerate(others, start=1):
                before, record.rank = record.rank, rank if rank <= RANKED else None
                if record.id in lines or record.rank != before:
                    self.tx.put(record)

    def _faces(self, id: str, song: Facts) -> Iterator[tuple[type[Top], str, dict[str, Any]]]:
        """Where a song counts: in which kind of chart, as what, and what that shows."""
        artist = _known(song.artist_id, song.artist)
        yield (
            TopSong,
            id,
            {
                "title": song.title,
                "song_id": id,
                "artist": song.artist,
                "artist_id": song.artist_id,
            },
        )
        if artist is not None:
            name = self._artist(song.artist_id) or song.artist or song.artist_id
            yield TopArtist, artist, {"artist": name, "artist_id": song.artist_id}
        album = _known(song.album_id, song.album and f"{song.album}\x1f{artist or ''}")
        if album is not None:
            found = self._album(song.album_id)
            if found is not None:
                face = {"album": found.title, "artist": found.artist, "artist_id": found.artist_id}
            elif song.album_id is None:
                face = {"album": song.album, "artist": song.artist, "artist_id": song.artist_id}
            else:  # nobody has said yet whose it is
                face = {"album": song.album or song.album_id, "artist": None, "artist_id": None}
            yield TopAlbum, album, {**face, "album_id": song.album_id}

    def _add(
        self,
        top: type[Top],
        known: str,
        window: Window,
        genre: str | None,
        face: dict[str, Any],
        number: int,
    ) -> None:
        id = id_of(known, window, *(() if genre is None else (key(genre),)))
        line = self._line(top, window, genre, id, None)
        if line.record is None:
            line.record = top(id=id, plays=1, window=window, genre=genre, **face)
        elif number > 0:
            _dress(line.record, face)
        line.plays += number

    def _line(self, top: type[Top], window: Window, genre: str | None, id: str, record: Any) -> Line:
        lines = self._charts.setdefault((top, window, genre and key(genre)), {})
        line = lines.get(id)
        if line is None:
            record = record or stored(self.tx, top, id)
            line = lines[id] = Line(record, 0 if record is None else record.plays, record is None)
        return line

    def _artist(self, id: str | None) -> str | None:
        if id is not None and id not in self._artists:
            found = stored(self.tx, ArtistName, id)
            self._artists[id] = None if found is None else found.name
        return None if id is None else self._artists[id]

    def _album(self, id: str | None) -> AlbumName | None:
        if id is not None and id not in self._albums:
            self._albums[id] = stored(self.tx, AlbumName, id)
        return None if id is None else self._albums[id]


def _known(id: str | None, name: str | None) -> str | None:
    """What tells artists and albums apart: their ids; those without, by their names. No id begins with ~."""
    return id or (f"~{name}" if name else None)


def _dress(record: Any, face: dict[str, Any]) -> None:
    for name, value in face.items():
        setattr(record, name, value)
