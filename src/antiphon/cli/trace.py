"""`antiphon trace`."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from msgspec import Struct

from antiphon.cli.flags import settings_for, takes_settings
from antiphon.cli.lines import difference_text, printable
from antiphon.cli.targets import targets
from antiphon.errors import StoreError
from antiphon.log import Change, Position, parse_position
from antiphon.store import History, Wanted, open_history


class Found(Struct, frozen=True):
    """A change in one of the stores; `at` is its position, `causes` those that led to it, nearest first."""

    service: str
    at: str
    change: Change[Any]
    causes: tuple[str, ...]


@takes_settings("data")
def trace(
    flags: dict[str, Any],
    change: Annotated[
        str,
        typer.Argument(
            metavar="CHANGE", help="its position; SERVICE/POSITION is good too", show_default=False
        ),
    ],
    stores: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STORE",
            help="the stores of the services, or folders of them; without any, the data folder",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show what came of a request, in every service: each change with the one that caused it, and when."""
    at = parse_position(change.rpartition("/")[2])
    with ExitStack() as stack:
        places = targets(stores or [settings_for(None, flags).data], flags)
        logs = [(place.name, stack.enter_context(open_history(place.folder, place.name))) for place in places]
        known = {history.incarnation: (name, history) for name, history in logs}
        roots = list(_roots(at, known))
        effects = [found for root in roots for found in _effects(root, logs)]
    for line in _lines(roots, effects, at):
        typer.echo(line)


def _roots(at: Position, known: dict[str, tuple[str, History]]) -> Iterator[Found | str]:
    """The changes of the request that led to the one at `at`; one that no store here has as its position."""
    begin = _entry(at, known)
    if begin is None:
        raise StoreError(
            f"None of the stores has the change {at}.", f"They have: {', '.join(known)}. Name its store too."
        )
    if begin.causes:
        root = parse_position(begin.causes[-1])
        first = _entry(root, known)
        if first is None:
            yield str(root)
            return
        begin = first
    if begin.change.trace is None:
        yield begin
        return
    for name, history in known.values():
        for change in history.entries(Wanted(trace=begin.change.trace[3:35])):
            if change.cause is None:
                yield _found(name, history.incarnation, change)


def _effects(root: Found | str, logs: list[tuple[str, History]]) -> Iterator[Found]:
    position = root if isinstance(root, str) else root.at
    for name, history in logs:
        for change in history.entries(Wanted(root=position)):
            found = _found(name, history.incarnation, change)
            if found.causes[-1] == position:
                yield found


def _entry(at: Position, known: dict[str, tuple[str, History]]) -> Found | None:
    if at.incarnation not in known:
        return None
    name, history = known[at.incarnation]
    change = history.entry(at.number)
    return None if change is None else _found(name, at.incarnation, change)


def _found(service: str, incarnation: str, change: Change[Any]) -> Found:
    causes = tuple(each.rpartition("/")[2] for each in (change.cause or "").split())
    return Found(service, str(Position(incarnation, change.number)), change, causes)


def _lines(roots: list[Found | str], effects: list[Found], at: Position) -> Iterator[str]:
    ordered = sorted(effects, key=lambda each: (each.change.time, each.service, each.change.number))
    children: dict[str, list[Found]] = {}
    known = {each.at for each in (*roots, *effects) if isinstance(each, Found)}
    for each in ordered:
        parent = next((cause for cause in each.causes if cause in known), each.causes[-1])
        children.setdefault(parent, []).append(each)
    found = [each for each in roots if isinstance(each, Found)]
    begun = min((each.change.time for each in (*found, *ordered)), default="")
    for root in sorted(found, key=lambda each: each.change.time):
        yield _line(root, "", "", begun, str(at))
        yield from _below(children, root.at, "", begun, str(at))
    for missing in (each for each in roots if isinstance(each, str)):
        yield f"{missing} is in none of these stores"
        yield from _below(children, missing, "", begun, str(at))


def _below(children: dict[str, list[Found]], parent: str, indent: str, begun: str, at: str) -> Iterator[str]:
    below = children.get(parent, [])
    for place, each in enumerate(below, 1):
        last = place == len(below)
        yield _line(each, indent, "└─ " if last else "├─ ", begun, at)
        yield from _below(children, each.at, indent + ("   " if last else "│  "), begun, at)


def _line(found: Found, indent: str, branch: str, begun: str, at: str) -> str:
    change = found.change
    before, after = (
        None if each is None else msgspec.json.decode(each)
        for each in (change.before_json, change.after_json)
    )
    since = (_moment(change.time) - _moment(begun)).total_seconds() * 1000
    when = f"+{since:,.1f} ms" if branch else change.time
    by = f" by {printable(change.caller)}" if change.caller and not branch else ""
    here = " *" if found.at == at else ""
    what = f"{printable(found.service)}/{found.at}{here} {change.kind} {change.resource}/{change.id}{by}"
    return f"{indent}{branch}{when} {what} {difference_text(before, after)}".rstrip()


def _moment(time: str) -> datetime:
    return datetime.fromisoformat(time)
