"""The demo library: its pieces as tagged audio files, imported like any others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from antiphon import Connection

from ...naming import slug
from ..audio.encode import encode, sweep, whole_file
from ..audio.format import OPUS
from ..audio.shelf import Shelf
from ..audio.tags import write_opus_tags
from ..imports.audio_files import AudioFiles
from ..imports.intake import Intake
from ..imports.report import Report
from ..resources import Song
from .pieces import PIECES, Piece
from .styles import STYLES
from .wave import RATE

_THREADS = 2


class DemoLibrary:
    """The pieces in `FOLDER/demo`. A mark there tells that all of them have been imported once."""

    def __init__(self, folder: Path) -> None:
        self._data = folder
        self._folder = folder / "demo"
        self._mark = self._folder / ".imported"

    @property
    def size(self) -> int:
        """How many pieces there are."""
        return len(PIECES)

    def wanted(self, connection: Connection) -> bool:
        """Whether the catalogue is empty, or its demo library was begun and never finished."""
        if self._mark.exists():
            return False
        return self._folder.exists() or connection.count(Song) == 0

    def fill(self, connection: Connection, advance: Callable[[int], None] = lambda _: None) -> Report:
        """Compose what isn't there yet and import all; `advance` is told how many pieces are done.

        Killed in between, it goes on from there when it is called again.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        sweep(self._folder)
        with ThreadPoolExecutor(_THREADS, "demo") as threads:
            for count, _ in enumerate(threads.map(self._write, PIECES), start=1):
                advance(count)
        report = Report()
        source = AudioFiles(self._folder, Shelf(self._data))
        Intake(connection, report).take(source.entries(source.files(), report, lambda _: None), source.link)
        self._mark.touch()
        return report

    def _write(self, piece: Piece) -> None:
        path = self._folder / f"{slug(piece.artist)}-{slug(piece.title)}{OPUS.suffix}"
        if path.exists():
            return
        sound = STYLES[piece.style](piece).render(piece.seed)
        with whole_file(path) as target:
            encode((sound[:, start : start + RATE] for start in range(0, sound.shape[1], RATE)), target, OPUS)
            target.flush()
            # Tags go in before the file gets its name, so that none is ever there without them.
            write_opus_tags(
                Path(target.name),
                {
                    "title": piece.title,
                    "artist": piece.artist,
                    "album": piece.album,
                    "albumartist": piece.artist,
                    "tracknumber": str(piece.number),
                    "genre": piece.genre,
                    "date": str(piece.year),
                },
            )
