"""From a table's rows to plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from ..catalog.imports import values
from ..catalog.imports.columns import SONGS, Names, assign
from ..catalog.imports.entry import Notice, Refused, Repeated, SongEntry
from ..catalog.imports.song_table import SongTable
from ..catalog.imports.table import Row
from ..catalog.imports.text import bad_bytes
from ..naming import source_id

PLAYS: Names = {
    "id": ("uniqueid", "playid", "id"),
    "title": SONGS["title"],
    "artist": SONGS["artist"],
    "listener": ("listener", "listenerid", "user", "username", "userid", "callsign", "station", "account"),
    "time": (
        "time", "timestamp", "playedat", "listenedat", "at", "datetime", "utctime", "endtime", "date", "ts",
    ),
}  # fmt: skip
LONGEST = 200
"""Characters of a listener's name."""
EARLY = timedelta(days=1)
"""How far ahead of ours a clock may be."""


class PlayEntry(Struct, frozen=True):
    """A play, as a row tells of it. `id` is the row's own, if it has one."""

    place: str
    id: str | None
    song: SongEntry
    listener: str
    at: datetime | None

    def said(self, song_id: str) -> str:
        """What tells it from other plays, if the row has no id."""
        return "\x1f".join((song_id, self.listener, "" if self.at is None else self.at.isoformat()))


@dataclass
class PlayTable:
    """Turns rows into plays. `source` goes before the ids that the table gives, and stands for who listens
    where a row doesn't say; `chosen` maps fields to columns where the names don't tell.
    """

    source: str
    chosen: Mapping[str, str] = field(default_factory=dict)
    _songs: SongTable = field(init=False)
    _columns: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    _latest: datetime = field(default_factory=lambda: datetime.now(UTC) + EARLY)

    def __post_init__(self) -> None:
        self._songs = SongTable(self.source)

    @property
    def remarks(self) -> list[str]:
        """What is to be said of the table as a whole."""
        mended = self._songs.mended
        return [f"{mended} texts that were UTF-8 read as Latin-1 have been repaired."] if mended else []

    def read(self, row: Row) -> PlayEntry | Refused:
        """The play of a row, or why there is none.

        Raises:
            Unusable: the table has no column for titles, or lacks one that the user chose.
        """
        names = tuple(row.cells)
        columns = self._columns.get(names)
        if columns is None:
            columns = self._columns[names] = assign(names, chosen=self.chosen, names=PLAYS)
        cells = {name: row.cells.get(column) for name, column in columns.items()}
        for name, cell in cells.items():
            if isinstance(cell, str) and (bad := bad_bytes(cell)):
                return Refused(
                    row.place, f"{columns[name]} holds the byte {bad}, which isn't in the file's encoding"
                )
        song = _song(self._songs, row.place, cells)
        if isinstance(song, Refused):
            return song
        listener = values.text(cells.get("listener")) or self.source
        if len(listener) > LONGEST:
            return Refused(row.place, f"names a listener with {len(listener)} characters, above {LONGEST}")
        try:
            at = values.instant(cells.get("time"))
        except ValueError as error:
            return Refused(row.place, str(error))
        if at is not None and at > self._latest:
            return Refused(row.place, f"was played at {at.isoformat()}, which is yet to come")
        written = values.text(cells.get("id"))
        return PlayEntry(row.place, source_id(self.source, written) if written else None, song, listener, at)


@dataclass
class PlayIds:
    """The ids of a source's plays: the same for the same plays in the same order.

    Without ids of their own, rows that say the same are as many plays: each counts how many were before it.
    """

    _seen: dict[str, str] = field(default_factory=dict)
    _copies: Counter[str] = field(default_factory=Counter)

    def of(self, play: PlayEntry, song_id: str) -> str | None:
        """Its id; None if its row has the id of another play."""
        said = blake2b(play.said(song_id).encode(), digest_size=16).hexdigest()
        if play.id is not None:
            return play.id if self._seen.setdefault(play.id, said) == said else None
        self._copies[said] += 1
        copy = self._copies[said]
        return said if copy == 1 else f"{said}-{copy}"


def _song(table: SongTable, place: str, cells: dict[str, Any]) -> SongEntry | Refused:
    """The song of a row, under the id that an import of songs would give it."""
    found: Iterator[SongEntry | Repeated | Refused | Notice] = table.read(
        Row(place, {"title": cells.get("title"), "artist": cells.get("artist")})
    )
    for each in found:
        if isinstance(each, (SongEntry, Refused)):
            return each
    return Refused(place, "names no song")
