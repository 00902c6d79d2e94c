"""`antiphon serve`."""

from typing import Any

import typer

import antiphon.application
from antiphon.cli.flags import settings_for, takes_settings
from antiphon.cli.programs import Program, load
from antiphon.errors import AntiphonError


@takes_settings()
def serve(program: Program, flags: dict[str, Any]) -> None:
    """Serve an application until Ctrl-C; then writes in flight finish, and followers are told to return."""
    application = load(program)
    settings = settings_for(application.settings, flags)
    try:
        started = antiphon.application.serve(application, settings)
    except AntiphonError as error:  # the port or the folder is taken: not the command's fault
        typer.echo(f"antiphon: {error}", err=True)
        raise typer.Exit(1) from None
    if not started:
        raise typer.Exit(1)
