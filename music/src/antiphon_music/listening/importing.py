"""`music import plays`: a listening log becomes plays, and songs where the catalogue lacks what it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rich.console import Console

from antiphon import Connection, Transaction, errors

from ..catalog.imports.display import progress
from ..catalog.imports.entry import Refused, SongEntry
from ..catalog.imports.files import bare, read_rows
from ..catalog.imports.intake import Intake
from ..catalog.imports.report import Report, Tally
from ..catalog.imports.table import Advance
from ..catalog.resources import Song
from ..naming import key, slug
from ..social.resources import Play
from .play_table import PlayEntry, PlayIds, PlayTable

CHUNK = 5_000
"""Rows a transaction."""


@dataclass
class PlayFile:
    """What to import: a file, and how to read it; see `SongFiles`."""

    path: Path
    source: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None

    def plays(self, report: Report, advance: Advance) -> Iterator[PlayEntry]:
        """Read all plays; what cannot be used goes to the report. Raises `Unusable`."""
        table = PlayTable(self.source or slug(Path(bare(self.path)).stem) or "plays", self.chosen)
        for row in read_rows(self.path, self.path.name, self.encoding, report, advance):
            entry = row if isinstance(row, Refused) else table.read(row)
            if isinstance(entry, Refused):
                report.refuse(entry)
            else:
                yield entry
        report.remarks += table.remarks


def import_plays(catalog: Connection, social: Connection, file: PlayFile, console: Console) -> Report:
    """Import a listening log: songs that are not there first, then the plays. The same again adds nothing.

    Raises:
        Unusable: the file cannot be used at all.
        Problem: a store takes no writes; what came before is kept.
    """
    report = Report(rows="plays")
    size = file.path.stat().st_size if file.path.exists() else 0
    songs, ids = Songs(catalog, report), PlayIds()
    with progress(console, file.path.name, size) as advance:
        plays = file.plays(report, advance)
        while chunk := list(islice(plays, CHUNK)):
            found = songs.found([play.song for play in chunk])
            records: dict[str, Play] = {}
            for play in chunk:
                song_id = found.get(name_of(play.song))
                id = None if song_id is None else ids.of(play, song_id)
                if song_id is None:
                    report.refuse(Refused(play.place, "names a song that the catalogue does not take"))
                elif id is None:
                    report.refuse(Refused(play.place, f"has the id {play.id!r} of another play"))
                elif id in records:
                    report.counts["plays"].unchanged += 1
                else:
                    records[id] = Play(id=id, song_id=song_id, listener=play.listener, at=play.at)
            report.counts["plays"].add(social.write(lambda tx: _write(tx, list(records.values()))))  # noqa: B023
    return report


Name = tuple[str, str]
"""What songs are known by: title and artist, folded."""


class Songs:
    """The songs that a log names, found in the catalogue or added to it."""

    def __init__(self, catalog: Connection, report: Report) -> None:
        self._catalog = catalog
        self._intake = Intake(catalog, report)
        self._report = report
        self._found: dict[Name, str] = {}

    def found(self, songs: Sequence[SongEntry]) -> dict[Name, str]:
        """The id of each; those that the catalogue refuses have none."""
        wanted: dict[Name, SongEntry] = {}
        for song in songs:
            if (name := name_of(song)) not in self._found:
                wanted.setdefault(name, song)
        self._look(wanted)
        lacking = [song for name, song in wanted.items() if name not in self._found]
        self._report.counts["songs"].unchanged += len(wanted) - len(lacking)
        if lacking:
            self._intake.take(lacking)
            self._look({name_of(song): song for song in lacking})
        return self._found

    def _look(self, wanted: Mapping[Name, SongEntry]) -> None:
        for name, song in wanted.items():
            namesakes = self._catalog.select(Song, title=song.title)
            found = next(
                (each for each in namesakes if name == (key(each.title), key(each.artist or ""))), None
            )
            # one that was added for such a name before, and has another by now, stays as it is
            found = found or self._catalog.find(Song, id=song.id)
            if found is not None:
                self._found[name] = found.id


def name_of(song: SongEntry) -> Name:
    """What a song is known by."""
    return key(song.title), key(", ".join(artist.name for artist in song.artists))


def _write(tx: Transaction, plays: Sequence[Play]) -> Tally:
    tally = Tally()
    for play in plays:
        try:
            before = tx.get(Play, play.id)
        except errors.NotFound:
            tx.create(play)
            tally.added += 1
            continue
        if tx.put(play).revision == before.revision:
            tally.unchanged += 1
        else:
            tally.updated += 1
    return tally
