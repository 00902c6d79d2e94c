"""`antiphon settings`."""

from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from antiphon.cli.flags import flag, takes_settings
from antiphon.settings import explain

PIPE_WIDTH = 200
"""Columns of the table where there is no terminal: enough that nothing is cut."""


@takes_settings()
def settings(
    flags: dict[str, Any], json: Annotated[bool, flag("settings", "json", "print JSON")] = False
) -> None:
    """List the settings: each with its value, where that came from, its meaning and its variable."""
    found = explain(flags)
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    console = Console()
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    table = Table("setting", "value", "from", "variable", "meaning", box=None, pad_edge=False)
    for each in found:
        style = "" if each.source == "default" else "bold"
        table.add_row(each.name, str(each.value), each.source, each.variable, each.meaning, style=style)
    console.print(table, markup=False)
