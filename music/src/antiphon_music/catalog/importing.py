"""The three imports, from a source to a report."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from antiphon import Connection

from .audio.shelf import Shelf
from .imports.audio_files import AudioFiles
from .imports.chinook import Chinook
from .imports.display import progress
from .imports.intake import Intake
from .imports.report import Report
from .imports.songs import SongFiles


def import_chinook(connection: Connection, file: Path, console: Console) -> Report:
    """Import Chinook's tables; raises `Unusable`."""
    report = Report()
    source = Chinook(file)
    with progress(console, file.name, source.size()) as advance:
        Intake(connection, report).take(source.entries(advance))
    return report


def import_songs(connection: Connection, files: SongFiles, console: Console) -> Report:
    """Import tables of songs; raises `Unusable`."""
    report = Report()
    with progress(console, files.path.name, files.size()) as advance:
        Intake(connection, report).take(files.entries(report, advance))
    return report


def import_audio(connection: Connection, folder: Path, data: Path, console: Console) -> Report:
    """Import audio files by their tags, and link them to their songs in `data`; raises `Unusable`."""
    report = Report()
    source = AudioFiles(folder, Shelf(data))
    files = source.files()
    with progress(console, folder.name, len(files)) as advance:
        Intake(connection, report).take(source.entries(files, report, advance), source.link)
    return report
