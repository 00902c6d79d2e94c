"""The commands, and how they end."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from antiphon.cli.follow import follow
from antiphon.cli.log import log
from antiphon.cli.reactions import reactions
from antiphon.cli.serve import serve
from antiphon.cli.settings import settings
from antiphon.cli.stores import backup, migrate, restore
from antiphon.cli.trace import trace
from antiphon.errors import AntiphonError, DeclarationError, SettingError

commands = typer.Typer(
    name="antiphon",
    help="Hybrid APIs: declare a resource once, ask it by request, follow it as events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (serve, follow, log, trace, migrate, backup, restore, settings):
    commands.command()(command)
commands.add_typer(reactions, name="reactions")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"antiphon {version('antiphon')}")
        raise typer.Exit


@commands.callback()
def antiphon(
    version: Annotated[
        bool, typer.Option("--version", help="print the version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hybrid APIs: declare a resource once, ask it by request, follow it as events."""


def main() -> None:
    """Run the command line.

    The process ends with 0; with 2 when the command, a setting or a declaration is wrong; with 1 when what
    was asked could not be done.
    """
    try:
        commands()
    except AntiphonError as error:
        typer.echo(f"antiphon: {error}", err=True)
        sys.exit(2 if isinstance(error, (DeclarationError, SettingError)) else 1)
