"""The command `music`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from antiphon import AntiphonError, Settings, serve

from .catalog.application import catalogue
from .catalog.demo.library import DemoLibrary
from .catalog.importing import import_audio, import_chinook, import_songs
from .catalog.imports.display import progress, show
from .catalog.imports.joining import Reference
from .catalog.imports.report import Report
from .catalog.imports.songs import SongFiles
from .catalog.imports.table import Unusable

PREFIX = "MUSIC_"
"""What the environment variables of all flags and settings begin with."""

app = typer.Typer(
    help="The back end of a music-streaming product.", no_args_is_help=True, add_completion=False
)
imports = typer.Typer(
    help="Bring songs into the catalogue; the same again adds nothing.", no_args_is_help=True
)
app.add_typer(imports, name="import")

Data = Annotated[
    Path, typer.Option(envvar="MUSIC_DATA", help="The folder that holds the catalogue; made if missing.")
]
DATA = Path("data")


@app.callback()
def music() -> None:
    """The back end of a music-streaming product."""


@app.command(name="serve")
def serve_music(
    host: Annotated[str, typer.Option(envvar="MUSIC_HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="MUSIC_PORT", min=0, max=65535, help="The port; 0 picks a free one.")
    ] = 8000,
    data: Data = DATA,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo/--no-demo", envvar="MUSIC_DEMO", help="Fill an empty catalogue with demo pieces."
        ),
    ] = True,
) -> None:
    """Serve the catalogue; an empty one is filled with a demo library first.

    Antiphon's other settings can be given as environment variables, such as MUSIC_MAX_PAGE_SIZE.
    """
    settings = _settings(host=host, port=port, data=str(data))
    application = catalogue(data)
    application.settings = settings
    if demo:
        _fill(data)
    if not serve(application, settings):
        raise typer.Exit(1)


@imports.command("chinook")
def chinook(
    file: Annotated[Path, typer.Argument(help="ChinookData.json")],
    data: Data = DATA,
) -> None:
    """Import the tables of the Chinook sample database from its JSON file."""
    with catalogue(data).connect(data) as connection:
        _finish(import_chinook(connection, file, _console()))


@imports.command("songs")
def songs(
    path: Annotated[
        Path, typer.Argument(help="A table in CSV, JSON, NDJSON or Markdown, or a folder of such files.")
    ],
    data: Data = DATA,
    map: Annotated[  # noqa: A002 - the flag's name
        list[str] | None,
        typer.Option(
            envvar="MUSIC_MAP",
            help="FIELD=COLUMN where a column's name doesn't tell, such as title=Name; FIELD= for none.",
        ),
    ] = None,
    join: Annotated[
        str | None,
        typer.Option(
            envvar="MUSIC_JOIN",
            help="FILE:COLUMN of a second table that rows refer to, such as releases.csv:id; "
            "FILE:COLUMN=COLUMN if the songs' column has another name.",
        ),
    ] = None,
    source: Annotated[
        str,
        typer.Option(envvar="MUSIC_SOURCE", help="What goes before the file's own ids; default: its name."),
    ] = "",
    encoding: Annotated[
        str | None, typer.Option(envvar="MUSIC_ENCODING", help="The encoding, where guessing fails.")
    ] = None,
) -> None:
    """Import songs from tables, by their columns' names: title, artist, album, genre, length, year, id."""
    chosen = dict(_pair(written) for written in map or [])
    reference = Reference.parse(join) if join else None
    files = SongFiles(path, source, chosen, reference, encoding)
    with catalogue(data).connect(data) as connection:
        _finish(import_songs(connection, files, _console()))


@imports.command("audio")
def audio(
    folder: Annotated[Path, typer.Argument(help="A folder of audio files, with tags.")],
    data: Data = DATA,
) -> None:
    """Import audio files by their tags; their songs get a preview that can be heard."""
    with catalogue(data).connect(data) as connection:
        _finish(import_audio(connection, folder, data, _console()))


def main() -> None:
    """Run the command; what cannot be done is told in one line, with the remedy."""
    try:
        app()
    except (AntiphonError, Unusable) as error:
        Console(stderr=True).print(f"music: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)


def _fill(data: Path) -> None:
    library = DemoLibrary(data)
    console = Console(stderr=True)
    with catalogue(data).connect(data) as connection:
        if not library.wanted(connection):
            return
        with progress(console, "composing the demo library", library.size) as advance:
            report = library.fill(connection, advance)
    console.print(f"demo library: {report.counts['songs'].added} songs, in {data / 'demo'}")


def _settings(**flags: Any) -> Settings:
    """Settings from flags, then from the environment, then Antiphon's defaults."""
    found = {
        field.name: os.environ[PREFIX + field.name.upper()]
        for field in msgspec.structs.fields(Settings)
        if PREFIX + field.name.upper() in os.environ
    }
    try:
        return msgspec.convert({**found, **flags}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Unusable(f"A setting cannot be used: {error}. Look at the variables {PREFIX}...") from None


def _pair(written: str) -> tuple[str, str]:
    field, equals, column = written.partition("=")
    if not equals:
        raise Unusable(f"{written!r} maps nothing. Write FIELD=COLUMN, such as title=Name.")
    return field.strip(), column.strip()


def _console() -> Console:
    return Console()


def _finish(report: Report) -> None:
    show(_console(), report)
    if not report.usable:
        Console(stderr=True).print("music: nothing of it could be used.", style="red")
        raise typer.Exit(1)
