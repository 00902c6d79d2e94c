"""Grouping: what one notification says of all that is told in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from .resources import Kind
from .wording import text_of

SHOWN = 3
"""So many names are shown of those who did something."""


class Happening(Struct, frozen=True):
    """One thing that is told: its path, when it was done, by whom, and what it is called if it has a title.

    `actor` is a user's id, None if no user did it; `name` is what it is called, or the artist is.
    """

    of: str
    time: datetime
    actor: str | None = None
    name: str | None = None
    title: str | None = None


class Summary(Struct, frozen=True):
    """What a notification says: fields of its record."""

    actors: list[str]
    latest: str
    time: datetime
    text: str


def newest_first(happenings: Iterable[Happening]) -> list[Happening]:
    """The same in the order in which they are told; of one instant, by path."""
    return sorted(happenings, key=lambda each: (each.time, each.of), reverse=True)


def summary(kind: Kind, subject: str, newest: Sequence[Happening], people: int, count: int) -> Summary:
    """What is to be said of `count` happenings by `people`, the `newest` of which are given, newest first."""
    names: dict[str | None, str] = {}
    for each in newest:
        if each.name is not None and len(names) < SHOWN:
            names.setdefault(each.actor, each.name)
    actors, first = list(names.values()), newest[0]
    return Summary(actors, first.of, first.time, text_of(kind, subject, actors, people, count, first.title))
