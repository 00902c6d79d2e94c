"""`antiphon log`."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import typer

from antiphon.cli.flags import flag
from antiphon.cli.lines import difference_text, kind_text, printable
from antiphon.cli.stores import Store, place_of
from antiphon.log import Change, Position
from antiphon.store import Wanted, open_history

AGO = re.compile(r"([0-9]{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def log(
    store: Store,
    record: Annotated[str, flag("log", "record", "only changes of this record", metavar="/songs/ID")] = "",
    resource: Annotated[str, flag("log", "resource", "only changes of this resource", metavar="/songs")] = "",
    caller: Annotated[str, flag("log", "caller", "only changes that this caller made", metavar="ID")] = "",
    since: Annotated[
        str,
        flag(
            "log",
            "since",
            "only changes from this time on: 2026-01-31, 2026-01-31T12:00:00Z, or 2h for two hours ago",
            metavar="TIME",
        ),
    ] = "",
    until: Annotated[str, flag("log", "until", "only changes before this time", metavar="TIME")] = "",
    limit: Annotated[
        int, flag("log", "limit", "show the newest so many; 0 shows all", min=0, metavar="COUNT")
    ] = 50,
    export: Annotated[bool, flag("log", "export", "write all that match as NDJSON, however many")] = False,
) -> None:
    """Show what happened, when, and by whom: the log of a store, whether or not a server runs on it."""
    place, name = place_of(store)
    if record:
        resource, _, id = record.rpartition("/")
        if not resource:
            raise typer.BadParameter(f"{record!r} is no record; write /songs/ID.", param_hint="--record")
    wanted = Wanted(
        resource=resource or None,
        id=id if record else None,
        caller=caller or None,
        since=_time(since, "--since"),
        until=_time(until, "--until"),
    )
    with open_history(place, name) as history:
        if export:
            _export(history.entries(wanted), history.incarnation)
            return
        colour = sys.stdout.isatty()
        for change in history.entries(wanted, limit or None):
            typer.echo(_line(change, history.incarnation, colour))


def _export(changes: Iterator[Change[Any]], incarnation: str) -> None:
    for change in changes:
        entry = {
            "position": str(Position(incarnation, change.number)),
            "time": change.time,
            "resource": change.resource,
            "id": change.id,
            "kind": change.kind,
            "before": _raw(change.before_json),
            "after": _raw(change.after_json),
            "caller": change.caller,
            "cause": change.cause,
            "trace": change.trace,
        }
        sys.stdout.buffer.write(msgspec.json.encode(entry) + b"\n")
    sys.stdout.buffer.flush()


def _raw(record: bytes | None) -> msgspec.Raw | None:
    return None if record is None else msgspec.Raw(record)


def _line(change: Change[Any], incarnation: str, colour: bool) -> str:
    before, after = (
        None if each is None else msgspec.json.decode(each)
        for each in (change.before_json, change.after_json)
    )
    by = f" by {printable(change.caller)}" if change.caller else ""
    what = f"{Position(incarnation, change.number)} {change.time} {kind_text(change.kind, colour)}"
    return f"{what} {change.resource}/{change.id}{by} {difference_text(before, after)}".rstrip()


def _time(text: str, name: str) -> str | None:
    """A time as the log writes it; one without a zone is UTC."""
    if not text:
        return None
    try:
        if ago := AGO.fullmatch(text):
            moment = datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is not a time; write 2026-01-31, 2026-01-31T12:00:00Z, or 90s, 15m, 2h, 3d.",
            param_hint=name,
        ) from None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
