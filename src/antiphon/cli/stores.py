"""`antiphon migrate`, `antiphon backup` and `antiphon restore`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import antiphon.store
from antiphon.cli.flags import flag, settings_for, takes_settings
from antiphon.cli.programs import Program, load_one
from antiphon.errors import StoreError
from antiphon.store import Step

Store = Annotated[
    str,
    typer.Argument(
        metavar="STORE", help="the store: FOLDER/APPLICATION, its file, or its URL", show_default=False
    ),
]


@takes_settings("data", "store")
def migrate(
    program: Program,
    flags: dict[str, Any],
    yes: Annotated[bool, flag("migrate", "yes", "take the steps without asking")] = False,
) -> None:
    """Bring a store up to date with changed declarations, after showing what it takes and what is lost."""
    application = load_one(program)
    settings = settings_for(application.settings, flags)
    place = settings.store or settings.data
    plan = antiphon.store.plan_migration(place, application.name, application.declarations)
    if not plan:
        typer.echo("The store is up to date.")
        return
    for step in plan:
        typer.echo(_line(step))
    if any(step.obstacle for step in plan):
        raise StoreError("The store cannot be migrated like this.", "Put right what is said above first.")
    if not yes:
        if not sys.stdin.isatty():
            raise StoreError("Nothing was changed.", "To take these steps, add --yes.")
        typer.confirm("Take these steps?", abort=True)
    antiphon.store.migrate(place, application.name, application.declarations, plan)
    typer.echo("The store is up to date.")


def backup(
    store: Store,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the file to write", show_default=False)],
    overwrite: Annotated[bool, flag("backup", "overwrite", "replace FILE if it exists")] = False,
) -> None:
    """Copy a store to a file, as it is at one instant; its server may go on."""
    place, name = place_of(store)
    antiphon.store.backup(place, name, file, overwrite=overwrite)
    typer.echo(f"{file}: {file.stat().st_size:,} bytes")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="what `backup` wrote", show_default=False)],
    store: Store,
    overwrite: Annotated[bool, flag("restore", "overwrite", "replace the store if there is one")] = False,
) -> None:
    """Make a backup the store. Followers of the old one will be told that their position is gone."""
    place, name = place_of(store)
    antiphon.store.restore(file, place, name, overwrite=overwrite)
    typer.echo(f"{store} is restored from {file}.")


def place_of(store: str) -> tuple[str | Path, str]:
    """Folder and application of `data/catalog`, `data/catalog.db`, or `data` if it holds one store alone."""
    if "://" in store:
        return store, ""
    path = Path(store)
    if path.is_dir():
        found = sorted(path.glob("*.db"))
        if len(found) != 1:
            names = ", ".join(str(each.with_suffix("")) for each in found) or "none there"
            raise StoreError(f"{store} is a folder.", f"Name the store in it: {names}.")
        return path, found[0].stem
    return path.parent, path.name.removesuffix(".db")


def _line(step: Step) -> str:
    line = step.what + (f" ({_count(step.rows, 'row')})" if step.rows else "")
    if step.loses:
        line += typer.style(f"; loses {_count(step.lost, 'value')}", fg=typer.colors.RED)
    if step.obstacle:
        line += typer.style(f"; first: {step.obstacle}", fg=typer.colors.RED)
    return f"- {line}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
