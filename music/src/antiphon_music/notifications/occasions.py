"""Occasions: each thing that one user is told of, once; and the notifications that they are gathered in."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, structs

from antiphon import Resource, Transaction, field

from .facts import OURS, key
from .grouping import Happening, newest_first, summary
from .resources import Kind, Notification, Preferences

NEWEST = 20
"""Among so many of the newest the names to be shown are looked for."""


class Way(Struct, frozen=True):
    """As what something can be told."""

    kind: Kind
    subject: str


class Telling(Struct, frozen=True):
    """What somebody is to be told, in the first of these ways that it wants to be told in."""

    happening: Happening
    ways: list[Way]


class Occasion(Resource, path="/occasions"):
    """Something that a user is told of; kept as long as the thing is there, so that it is told once.

    `notification` is where it is told; null if the user did not want to be.
    """

    recipient: str = field(index=True)
    of: str = field(index=True)
    time: datetime
    actor: str | None
    name: str | None
    title: str | None
    ways: list[Way]
    notification: str | None = None

    indexes = (("notification", "time"), ("notification", "actor"))
    access = OURS


def settle(tx: Transaction, of: str, recipient: str, telling: Telling | None, *, forget: bool) -> None:
    """See to it that `recipient` is told of the thing at `of` as `telling` says, or not at all.

    What is read stays as it was, and is not told again; `forget` that it was if it cannot come back.
    """
    found = tx.find(Occasion, id=key(of, recipient))
    if found is None:
        if telling is not None:
            _tell(tx, recipient, telling)
        return
    if telling is not None and found.ways == telling.ways:
        return
    told = None if found.notification is None else tx.find(Notification, id=found.notification)
    if told is not None and not told.read:
        if telling is not None and _wanted(tx, recipient, telling) == Way(told.kind, told.subject):
            tx.update(found, ways=telling.ways)
            return
        tx.delete(found)
        _take_back(tx, found, told)
    elif forget or (telling is not None and found.notification is None):
        tx.delete(found)
    else:
        if telling is not None:
            tx.update(found, ways=telling.ways)
        return
    if telling is not None:
        _tell(tx, recipient, telling)


def _wanted(tx: Transaction, recipient: str, telling: Telling) -> Way | None:
    preferences = tx.find(Preferences, id=recipient) or Preferences()
    return next((way for way in telling.ways if getattr(preferences, way.kind)), None)


def _tell(tx: Transaction, recipient: str, telling: Telling) -> None:
    happening, way = telling.happening, _wanted(tx, recipient, telling)
    occasion = Occasion(
        id=key(happening.of, recipient),
        recipient=recipient,
        ways=telling.ways,
        **structs.asdict(happening),
    )
    if way is not None:
        alike = Notification(recipient=recipient, kind=way.kind, subject=way.subject)
        notification = (
            tx.find(Notification, recipient=recipient, kind=way.kind, subject=way.subject, read=False)
            or alike
        )
        if not notification.id or not _does_more(tx, notification, happening.actor):
            notification.people += 1
        notification.count += 1
        occasion.notification = _say(tx, notification, happening).id
    tx.create(occasion)


def _take_back(tx: Transaction, occasion: Occasion, notification: Notification) -> None:
    """Say no more what `occasion`, which is deleted, said in an unread notification."""
    if tx.find(Occasion, notification=notification.id) is None:
        tx.delete(notification)
        return
    if not _does_more(tx, notification, occasion.actor):
        notification.people -= 1
    notification.count -= 1
    _say(tx, notification)


def _does_more(tx: Transaction, notification: Notification, actor: str | None) -> bool:
    return tx.find(Occasion, notification=notification.id, actor=actor) is not None


def _say(tx: Transaction, notification: Notification, *more: Happening) -> Notification:
    """Give a notification, whose numbers are right, the words for what is told in it, and keep it."""
    kept = (
        tx.select(Occasion, notification=notification.id, order="-time,-of", limit=NEWEST)
        if notification.id
        else []
    )
    told = [Happening(each.of, each.time, each.actor, each.name, each.title) for each in kept]
    newest = newest_first((*told, *more))[:NEWEST]
    said = summary(notification.kind, notification.subject, newest, notification.people, notification.count)
    return tx.put(structs.replace(notification, **structs.asdict(said)))
