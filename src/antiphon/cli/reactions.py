"""`antiphon reactions` and what belongs to it."""

import time
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from antiphon.cli.flags import flag, settings_for, takes_settings
from antiphon.cli.lines import difference_text, printable
from antiphon.cli.settings import PIPE_WIDTH
from antiphon.cli.targets import Name, Place, Target, target, targets
from antiphon.cli.trials import replayed, try_reaction
from antiphon.errors import StoreError
from antiphon.log import parse_position
from antiphon.operations import Progress, Waiting
from antiphon.operations.progress import BEGINNING, NOW
from antiphon.operations.react import Tried, release
from antiphon.store import History, open_history, open_reactions


def _dry_run(command: str) -> Any:
    meaning = "show what would be written, and write nothing; STORE must be a program"
    return flag(f"reactions_{command}", "dry-run", meaning)


class Group(TyperGroup):
    """Takes what is no command's name for the arguments of `list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


reactions = typer.Typer(cls=Group, help="Show how reactions do, and help those that cannot go on.")


class Row(Struct, frozen=True):
    """One reaction, as it is listed. `lag` is in events, `lag_seconds` the age of the oldest of them."""

    store: str
    name: str
    source: str
    state: str
    position: str
    lag: int
    lag_seconds: float
    retrying: int
    behind: int
    parked: list[dict[str, Any]]
    error: str | None
    rebuild: str | None


@reactions.command("list")
@takes_settings("data")
def list_(
    flags: dict[str, Any],
    stores: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STORE",
            help="stores, folders of stores, or programs; without any, the data folder",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, flag("reactions_list", "json", "print JSON")] = False,
) -> None:
    """List each reaction with its source, position and lag, and what it has parked, with the error."""
    places = targets(stores or [settings_for(None, flags).data], flags)
    rows = _rows(places)
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(rows)))
        return
    console = Console()
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    table = Table(
        "store",
        "reaction",
        "source",
        "state",
        "position",
        "lag",
        "parked",
        "waiting",
        box=None,
        pad_edge=False,
    )
    for row in rows:
        lag = f"{row.lag:,} events, {row.lag_seconds:,.1f} s" if row.lag else "none"
        waiting = str(row.retrying + row.behind)
        table.add_row(
            row.store, row.name, row.source, row.state, row.position, lag, str(len(row.parked)), waiting
        )
    console.print(table, markup=False)
    for row in rows:
        for said in filter(None, (row.error, row.rebuild and f"rebuild: {row.rebuild}")):
            typer.echo(f"{row.name}: {printable(said)}")
        for parked in row.parked:
            typer.echo(
                f"{row.name}: parked {parked['position']} {parked['kind']} {parked['subject']} "
                f"after {parked['tries']} tries: {printable(parked['error'])}"
            )


@reactions.command()
@takes_settings("data")
def retry(
    flags: dict[str, Any],
    store: Target,
    name: Name,
    position: Annotated[
        str,
        typer.Argument(metavar="POSITION", help="the parked change; without it, all", show_default=False),
    ] = "",
    dry_run: Annotated[bool, _dry_run("retry")] = False,
) -> None:
    """Try parked changes again, and then those that wait behind them; a server that runs does it at once."""
    place = target(store, flags)
    place.progress(name)
    with open_history(place.folder, place.name) as history:
        parked = [each for each in history.waiting(name) if each.state == "parked"]
    chosen = [each for each in parked if position in ("", each.position)]
    if position and not chosen:
        raise StoreError(f"{name} has not parked {position}.", _listed(parked))
    if dry_run:
        entries = [(parse_position(each.position), each.row) for each in chosen]
        _show(try_reaction(place, name, entries, flags))
        return
    with open_reactions(place.folder, place.name) as rows:
        for each in rows.waiting(name, parked=True):
            if each.place in {one.place for one in chosen}:
                rows.set_aside(replace(each, due=time.time(), tries=0))
    typer.echo(f"{len(chosen)} to be tried again.")


@reactions.command()
def skip(
    store: Target,
    name: Name,
    position: Annotated[str, typer.Argument(metavar="POSITION", help="the change", show_default=False)],
) -> None:
    """Leave out a change that a reaction has set aside; those that wait behind it go on."""
    place = target(store, {})
    place.progress(name)
    with open_reactions(place.folder, place.name) as rows:
        waiting = rows.waiting(name)
        chosen = next((each for each in waiting if each.position == position), None)
        if chosen is None:
            raise StoreError(f"{name} has not set aside {position}.", _listed(waiting))
        if chosen.state == "behind":
            rows.let_go(chosen)
        else:
            release(rows, chosen)
    typer.echo(f"{name} leaves out {position}.")


@reactions.command()
@takes_settings("data")
def replay(
    flags: dict[str, Any],
    store: Target,
    name: Name,
    start: Annotated[
        str,
        flag(
            "reactions_replay",
            "from",
            "begin again after this position; or go on with what comes now",
            metavar="POSITION|beginning|now",
        ),
    ],
    limit: Annotated[
        int,
        flag("reactions_replay", "limit", "changes that a dry run tries at most", min=1, metavar="COUNT"),
    ] = 100,
    dry_run: Annotated[bool, _dry_run("replay")] = False,
) -> None:
    """React again to all that came after a position, though it was done before; or go on after a gap."""
    if start not in (BEGINNING, NOW):
        parse_position(start)
    place = target(store, flags)
    place.progress(name)
    if dry_run:
        _show(try_reaction(place, name, replayed(place, name, start, limit, flags), flags))
        return
    with open_reactions(place.folder, place.name) as rows:
        for waiting in rows.waiting(name):
            if start != NOW and (start == BEGINNING or _after(waiting.position, start)):
                rows.let_go(waiting)
        (found,) = rows.reactions(name)
        rows.keep_reaction(replace(found, position=start, state="running", error=None))
    typer.echo(f"{name} goes on after {start}." if start not in (BEGINNING, NOW) else f"{name}: {start}.")


@reactions.command()
def rebuild(store: Target, name: Name) -> None:
    """Have the server compute what a reaction owns anew, from the beginning, beside it, and swap it in."""
    place = target(store, {})
    place.progress(name)
    with open_reactions(place.folder, place.name) as rows:
        (found,) = rows.reactions(name)
        rows.keep_reaction(replace(found, rebuild="asked"))
    typer.echo("The server does it now, or when it next starts; `antiphon reactions` shows when it is done.")


def _after(position: str, start: str) -> bool:
    at, begin = parse_position(position), parse_position(start)
    return at.incarnation != begin.incarnation or at.number > begin.number


def _listed(waiting: list[Waiting]) -> str:
    return f"It has: {', '.join(each.position for each in waiting[:10]) or 'none'}."


def _rows(places: list[Place]) -> list[Row]:
    histories = {place: open_history(place.folder, place.name) for place in places}
    logs = {history.incarnation: history for history in histories.values()}
    try:
        return [
            _row(place, progress, history.waiting(progress.name), logs)
            for place, history in histories.items()
            for progress in history.reactions()
        ]
    finally:
        for history in histories.values():
            history.__exit__(None, None, None)


def _row(place: Place, progress: Progress, waiting: list[Waiting], logs: dict[str, History]) -> Row:
    """Its lag is by the source's own store, if that is at hand; or by what the server last knew."""
    newest, behind = progress.newest, progress.behind
    number = newest
    if progress.position not in (BEGINNING, NOW):
        at = parse_position(progress.position)
        number = at.number
        if (log := logs.get(at.incarnation)) is not None:
            newest = log.newest()
            following = log.entry(number + 1)
            behind = None if following is None else following.time
    seconds = 0.0 if behind is None else time.time() - datetime.fromisoformat(behind).timestamp()
    return Row(
        place.title,
        progress.name,
        progress.source,
        progress.state,
        progress.position,
        max(0, newest - number),
        max(0.0, seconds),
        sum(each.state == "retrying" for each in waiting),
        sum(each.state == "behind" for each in waiting),
        [_parked(each) for each in waiting if each.state == "parked"],
        progress.error,
        progress.rebuild,
    )


def _parked(waiting: Waiting) -> dict[str, Any]:
    row = waiting.row
    return {
        "position": waiting.position,
        "key": waiting.key,
        "kind": row[4],
        "subject": f"{row[2]}/{row[3]}",
        "tries": waiting.tries,
        "error": waiting.error,
    }


def _show(tried: list[Tried]) -> None:
    for each in tried:
        typer.echo(f"{each.entry[0]} {each.entry[4]} {each.entry[2]}/{each.entry[3]}")
        if each.error is not None:
            typer.echo(f"  fails: {printable(f'{type(each.error).__name__}: {each.error}')}")
        for change in each.changes:
            before, after = (
                None if stored is None else msgspec.json.decode(stored)
                for stored in (change.before_json, change.after_json)
            )
            did = difference_text(before, after)
            typer.echo(f"  would have {change.kind} {change.resource}/{change.id} {did}".rstrip())
    typer.echo("Nothing was written.")
