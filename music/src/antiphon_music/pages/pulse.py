"""Pulse: the logs of all services as they grow, each change with what caused it and what it caused."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from antiphon import Ask

from .asking import Record, by_id
from .site import pages

SHOWN = 60
NAMES = ("title", "name", "text", "album", "artist", "subject", "song_id", "count")
"""The fields by one of which people know a record, the first that it has."""


class Beat(Struct):
    """A change, what it is of, and the changes beside it that it comes from and that come from it."""

    change: Record
    label: str
    cause: Beat | None
    effects: list[Beat]

    @property
    def key(self) -> str:
        """What marks it in the page."""
        return f"change-{self.change['id']}"


def beats(changes: list[Record]) -> list[Beat]:
    """Changes, each with those of them that it has to do with."""
    found = {each["id"]: Beat(each, _label(each), None, []) for each in changes}
    for beat in reversed(found.values()):
        for cause in (beat.change["cause"] or "").split():
            if (known := found.get(cause.rpartition("/")[2])) is not None:
                beat.cause = known
                known.effects.append(beat)
                break
    return list(found.values())


@pages.view("/pulse", template="pulse.html")
async def pulse(ask: Ask) -> dict[str, Any]:
    """The newest changes that the caller may see, of all services."""
    changes = await ask.changes(limit=SHOWN)
    callers = await by_id(ask, "/users", (each["caller"] for each in changes))
    return {"beats": beats(changes), "callers": callers}


def _label(change: Record) -> str:
    record = change["after"] or change["before"] or {}
    found = next((record[name] for name in NAMES if record.get(name) not in (None, "")), "")
    return str(found)[:120]
