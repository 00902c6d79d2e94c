"""`music import audio`: songs from the tags of audio files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...naming import song_id
from ..audio.shelf import Shelf
from ..audio.tags import Tags, Unreadable, read_tags
from . import values
from .entry import Entry, Name, Notice, Refused, Repeated, SongEntry
from .report import Report
from .table import Advance, Unusable

_NUMBERED = re.compile(r"^\d{1,3}(?:[-.]\d{1,3})?(?:\s*[-._]\s*|\s+)(?=\S)")
_TITLE = 500
_NAME = 2_000


@dataclass
class AudioFiles:
    """The audio files of a folder and of those below it.

    A file that a song has already is that song's, whatever its tags say by now. Any other belongs to the song
    that its title, artist, album, disc and track number identify, so that a file may move.
    """

    folder: Path
    shelf: Shelf
    _others: int = 0
    _by_file: dict[Path, str] = field(default_factory=dict)
    _by_song: dict[str, Path] = field(default_factory=dict)

    def files(self) -> list[Path]:
        """All files, in order of their names; hidden ones are passed over.

        Raises:
            Unusable: there is no such folder, or nothing in it.
        """
        if self.folder.is_file():
            return [self.folder]
        if not self.folder.is_dir():
            raise Unusable(f"{self.folder} is no folder. Give one that has audio files in it.")
        found = sorted(
            path
            for path in self.folder.rglob("*")
            if not any(part.startswith(".") for part in path.relative_to(self.folder).parts)
            and path.is_file()
        )
        if not found:
            raise Unusable(f"{self.folder} has no files in it.")
        return found

    def entries(self, files: list[Path], report: Report, advance: Advance) -> Iterator[Entry]:
        """A song for each audio file; `advance` is told how many files are done."""
        self._by_song = dict(self.shelf.all())
        self._by_file = {path: id for id, path in self._by_song.items()}
        for count, path in enumerate(files, start=1):
            yield from self._read(path)
            advance(count)
        if self._others:
            report.remarks.append(f"{self._others} other files, which are no audio, have been passed over.")

    def link(self, songs: Sequence[SongEntry]) -> None:
        """Link songs to their files; to be done before the songs are written."""
        self.shelf.put((song.id, song.audio) for song in songs if song.audio)

    def _read(self, path: Path) -> Iterator[Entry]:
        place = str(path.relative_to(self.folder)) if path != self.folder else path.name
        place = place.encode("utf-8", "replace").decode()
        try:
            tags = read_tags(path)
        except Unreadable as error:
            yield Refused(place, f"cannot be read: {error}")
            return
        if tags is None:
            self._others += 1
            return
        title = (tags.title or _title(path))[:_TITLE]
        if not title:
            yield Refused(place, "has no title in its tags and none in its name")
            return
        year = None
        try:
            year = values.year(tags.date)
        except ValueError as error:
            yield Notice(place, f"{error}; left out")
        id = self._song(path, title, tags)
        held = self._by_song.get(id)
        if held is not None and held != path and held.exists():
            yield Notice(place, f"is the song {id} by its tags, which keeps its audio file {held}")
            yield Repeated(place, id)
            return
        self._by_song[id] = path.absolute()
        yield SongEntry(
            place,
            id,
            title,
            tuple(Name(artist[:_NAME]) for artist in tags.artists),
            Name(tags.album[:_NAME]) if tags.album else None,
            Name(tags.album_artist[:_NAME]) if tags.album_artist else None,
            values.first(tags.genre)[:200] or None,
            tags.length,
            year,
            path.absolute(),
        )

    def _song(self, path: Path, title: str, tags: Tags) -> str:
        known = self._by_file.get(path.absolute())
        if known is not None:
            return known
        artist = tags.artists[0] if tags.artists else None
        identity = (artist, tags.album or None, tags.disc, tags.track)
        # Without tags, many files have one title ("silence", "intro"): the folder tells them apart.
        return (
            song_id(title, *identity)
            if tags.title
            else song_id(title, *identity, path.parent.name, path.name)
        )


def _title(path: Path) -> str:
    """A title from a file's name: `03 - harbour_light.ogg` is `harbour light`."""
    stem = path.stem.encode("utf-8", "replace").decode()
    return _NUMBERED.sub("", stem).replace("_", " ").strip() or stem.strip()
