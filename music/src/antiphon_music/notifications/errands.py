"""Errands: what concerns very many is done some at a time, so that others can write between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from antiphon import Change, Resource, Transaction, react

from .facts import Errand
from .judging import judge_release
from .occasions import Occasion, reword
from .resources import Notification, Preferences, Unread

AT_ONCE = 500
REMOVED: Mapping[str, type[Resource]] = {
    each.__name__: each for each in (Notification, Occasion, Preferences, Unread)
}


What = Literal["judge", "reword", "remove"]


def begin(tx: Transaction, of: str, what: What, things: Sequence[str]) -> None:
    """Do the first of it now, and leave the rest to errands."""
    _do(tx, of, what, things[:AT_ONCE])
    for place in range(AT_ONCE, len(things), AT_ONCE):
        tx.create(Errand(of=of, what=what, things=list(things[place : place + AT_ONCE])))


@react(to=Errand, key="of")
def go_on(change: Change[Errand], tx: Transaction) -> None:
    """Do some more of what was begun."""
    if change.kind == "added" and (errand := tx.find(Errand, id=change.id)) is not None:
        _do(tx, errand.of, errand.what, errand.things)
        tx.delete(errand)


def _do(tx: Transaction, of: str, what: str, things: Sequence[str]) -> None:
    for thing in things:
        if what == "judge":
            judge_release(tx, of, thing)
        elif what == "reword":
            reword(tx, thing)
        else:
            name, _, id = thing.partition("/")
            if (found := tx.find(REMOVED[name], id=id)) is not None:
                tx.delete(found)
