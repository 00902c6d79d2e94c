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
from .identity.application import identity
from .identity.operating import give_roles, one_token
from .listening.importing import PlayFile, import_plays
from .services import SERVICES, one_service
from .services import music as music_services
from .social.application import social
from .surroundings import here, surroundings

PREFIX = "MUSIC_"
"""What the environment variables of all flags and settings begin with."""

app = typer.Typer(
    help="The back end of a music-streaming product.", no_args_is_help=True, add_completion=False
)
imports = typer.Typer(
    help="Bring songs into the catalogue; the same again adds nothing.", no_args_is_help=True
)
app.add_typer(imports, name="import")

Source = Annotated[
    str, typer.Option(envvar="MUSIC_SOURCE", help="What goes before the file's own ids; default: its name.")
]
Encoding = Annotated[
    str | None, typer.Option(envvar="MUSIC_ENCODING", help="The encoding, where guessing fails.")
]
Data = Annotated[
    Path, typer.Option(envvar="MUSIC_DATA", help="The folder that holds the catalogue; made if missing.")
]
DATA = Path("data")


@app.callback()
def music() -> None:
    """The back end of a music-streaming product."""


@app.command(name="serve")
def serve_music(
    service: Annotated[
        str | None,
        typer.Argument(help=f"One of {', '.join(SERVICES)}, alone; without it all run together."),
    ] = None,
    *,
    host: Annotated[str, typer.Option(envvar="MUSIC_HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="MUSIC_PORT", min=0, max=65535, help="The port; 0 picks a free one.")
    ] = 8000,
    workers: Annotated[
        int,
        typer.Option(envvar="MUSIC_WORKERS", min=1, max=256, help="Processes that serve together."),
    ] = 1,
    data: Data = DATA,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo/--no-demo", envvar="MUSIC_DEMO", help="Fill an empty catalogue with demo pieces."
        ),
    ] = True,
    source: Annotated[
        list[str] | None,
        typer.Option(
            envvar="MUSIC_SOURCES",
            help="SERVICE=URL where another service is, such as identity=http://127.0.0.1:8001.",
        ),
    ] = None,
    token: Annotated[
        str,
        typer.Option(
            envvar="MUSIC_TOKEN",
            help="What identity in another folder gave this service to read the others with.",
        ),
    ] = "",
) -> None:
    """Serve all services of music together, or one alone; an empty catalogue gets a demo library first.

    Processes with the same data folder share the keys in it. With another folder, and a token, identity's
    keys are fetched from where it is. Antiphon's other settings can be given as environment variables,
    such as MUSIC_MAX_PAGE_SIZE.
    """
    settings = _settings(host=host, port=port, workers=workers, data=str(data))
    around = surroundings(data, dict(_source(written) for written in source or []), token)
    served = music_services(around) if service is None else one_service(service, around)

    def prepare() -> None:
        if demo and service in (None, "catalog"):
            _fill(data)

    if not serve(served, settings, prepare=prepare):
        raise typer.Exit(1)


@app.command("token")
def token(
    data: Data = DATA,
    role: Annotated[
        list[str] | None,
        typer.Option(envvar="MUSIC_ROLE", help="What whoever has it may do: editor, listener, service."),
    ] = None,
    name: Annotated[
        str,
        typer.Option(envvar="MUSIC_NAME", help="The user it speaks for; without it, nobody who signed up."),
    ] = "",
) -> None:
    """Print a token that is good for an hour, for scripts and first steps."""
    typer.echo(one_token(data, role or [], name))


@app.command("roles")
def roles(
    name: Annotated[str, typer.Argument(help="A user.")],
    roles: Annotated[list[str], typer.Argument(help="What the user may be from now on, such as editor.")],
    data: Data = DATA,
) -> None:
    """Give a user other roles; its sessions and keys end, so that the old ones do."""
    with identity(here(data)).connect(data) as connection:
        connection.write(lambda tx: give_roles(tx, name, roles))


@imports.command("chinook")
def chinook(
    file: Annotated[Path, typer.Argument(help="ChinookData.json")],
    data: Data = DATA,
) -> None:
    """Import the tables of the Chinook sample database from its JSON file."""
    with catalogue(here(data)).connect(data) as connection:
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
    source: Source = "",
    encoding: Encoding = None,
) -> None:
    """Import songs from tables, by their columns' names: title, artist, album, genre, length, year, id."""
    chosen = dict(_pair(written) for written in map or [])
    reference = Reference.parse(join) if join else None
    files = SongFiles(path, source, chosen, reference, encoding)
    with catalogue(here(data)).connect(data) as connection:
        _finish(import_songs(connection, files, _console()))


@imports.command("plays")
def plays(
    file: Annotated[
        Path, typer.Argument(help="A listening log in CSV, JSON or NDJSON, packed (.gz) or not.")
    ],
    data: Data = DATA,
    map: Annotated[  # noqa: A002 - the flag's name
        list[str] | None,
        typer.Option(
            envvar="MUSIC_MAP",
            help="FIELD=COLUMN where a column's name doesn't tell, such as listener=Who; FIELD= for none.",
        ),
    ] = None,
    source: Source = "",
    encoding: Encoding = None,
) -> None:
    """Import plays from a listening log, by its columns' names: title, artist, listener, time, id."""
    chosen = dict(_pair(written) for written in map or [])
    around = here(data)
    with catalogue(around).connect(data) as catalog, social(around).connect(data) as played:
        _finish(import_plays(catalog, played, PlayFile(file, source, chosen, encoding), _console()))


@imports.command("audio")
def audio(
    folder: Annotated[Path, typer.Argument(help="A folder of audio files, with tags.")],
    data: Data = DATA,
) -> None:
    """Import audio files by their tags; their songs get a preview that can be heard."""
    with catalogue(here(data)).connect(data) as connection:
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
    with catalogue(here(data)).connect(data) as connection:
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


def _source(written: str) -> tuple[str, str]:
    name, equals, url = written.partition("=")
    if not equals or not url.startswith(("http://", "https://")):
        raise Unusable(
            f"{written!r} names no source. Write SERVICE=URL, such as identity=http://127.0.0.1:8001."
        )
    return name, url.rstrip("/")


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
