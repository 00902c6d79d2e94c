"""The commands of a program, those of its groups by their whole names."""

from typing import Any

import typer


def leaves(program: typer.Typer) -> dict[str, Any]:
    """Each command that does something: "log", "reactions retry"."""
    found: dict[str, Any] = {}
    group: Any = typer.main.get_command(program)
    for name, command in group.commands.items():
        below = getattr(command, "commands", None)
        if below is None:
            found[name] = command
        else:
            found |= {f"{name} {each}": one for each, one in below.items()}
    return found
