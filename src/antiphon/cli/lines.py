"""Lines for people: records and changes, safe to print on a terminal."""

from typing import Any

import msgspec
import typer

from antiphon.client import Event

COLOURS = {
    "present": typer.colors.BLUE,
    "added": typer.colors.GREEN,
    "changed": typer.colors.YELLOW,
    "removed": typer.colors.RED,
}
LONGEST = 80
HIDDEN = ("id", "revision")

Fields = dict[str, Any]


def kind_text(kind: str, colour: bool) -> str:
    """A change's kind, in its colour, wide enough that what follows is aligned."""
    padded = f"{printable(kind):<8}"
    return typer.style(padded, fg=COLOURS.get(kind, typer.colors.CYAN)) if colour else padded


def fields_text(record: Fields) -> str:
    """What a record holds: `title="So What" length=545.0`, without id, revision and nulls."""
    shown = {name: value for name, value in record.items() if name not in HIDDEN and value is not None}
    return " ".join(f"{printable(name)}={value_text(value)}" for name, value in shown.items())


def difference_text(before: Fields | None, after: Fields | None) -> str:
    """What a change did to a record: `title: "So What" → "Freddie Freeloader"`."""
    if before is None or after is None:
        return fields_text(after or before or {})
    names = [name for name in {**before, **after} if name not in HIDDEN]
    return " ".join(
        f"{printable(name)}: {value_text(before.get(name))} → {value_text(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    )


def value_text(value: Any) -> str:
    """A value as JSON, cut when it is long."""
    text = printable(msgspec.json.encode(value).decode())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def printable(text: str) -> str:
    """`text` without anything that a terminal would obey rather than show."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


def event_line(event: Event, path: str, colour: bool) -> str:
    """What a follower of the resource at `path` is told."""
    record, kind = event.record, event.kind
    before = ""
    match kind:
        case "message":  # an entry of /events
            kind = str(record.get("type", "")).rpartition(".")[2]
            before = f"{record.get('id')} {record.get('time')} "
            subject = str(record.get("subject"))
            data = record.get("data")
            did = difference_text(data.get("before"), data.get("after")) if isinstance(data, dict) else ""
        case "live":
            subject, did = event.position or "", ""
        case _:
            subject, did = f"{path}/{record.get('id')}", fields_text(record)
    return f"{printable(before)}{kind_text(kind, colour)} {printable(subject)} {did}".rstrip()
