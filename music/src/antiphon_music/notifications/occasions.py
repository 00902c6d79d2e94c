"""Occasions: each thing that somebody is told of, once; and the notifications in which they gather."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from msgspec import Struct, structs

from antiphon import Resource, Transaction

from .facts import OURS, Person
from .resources import Kind, Notification, Preferences
from .wording import SHOWN, SOMEONE, text_of

NEWEST = 20
"""Among so many of the newest the names are looked for."""


class Occasion(Resource, path="/occasions"):
    """Something that somebody is told of. `notification` is where; null if it did not want to be told."""

    recipient: str
    kind: Kind
    subject: str
    latest: str
    time: datetime
    actor: str | None = None
    name: str | None = None
    title: str | None = None
    notification: str | None = None

    indexes = (
        ("notification", "time"),
        ("notification", "actor"),
        ("actor",),
        ("recipient", "kind", "subject"),
    )
    access = OURS


class Telling(Struct, frozen=True):
    """What somebody is to be told: the occasion's fields."""

    recipient: str
    kind: Kind
    subject: str
    latest: str
    time: datetime
    actor: str | None = None
    name: str | None = None
    title: str | None = None


def key(*parts: str) -> str:
    """An id made of what it stands for."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def settle(tx: Transaction, id: str, telling: Telling | None, *, forget: bool = True) -> None:
    """Have the occasion `id` be there as `telling` says, or not be there.

    One that is not to be told any more is taken out of its notification, if that is not read yet. One that
    was read stays read; unless `forget`, it is remembered, so that it is not told again.
    """
    found = tx.find(Occasion, id=id)
    if found is not None and (telling is None or telling.subject != found.subject):
        _take_back(tx, found, forget=forget or telling is not None)
        found = tx.find(Occasion, id=id)
    if found is None and telling is not None:
        _tell(tx, id, telling)


def told_of(tx: Transaction, actor: str) -> list[str]:
    """The notifications that say something of a user."""
    shown = dict.fromkeys(each.notification for each in tx.select(Occasion, actor=actor))
    return [each for each in shown if each is not None]


def reword(tx: Transaction, id: str) -> None:
    """Say anew what a notification says, unless it is read: a name is known now, or is no longer."""
    if (notification := tx.find(Notification, id=id)) is not None and not notification.read:
        _word(tx, notification)
        tx.put(notification)


def _tell(tx: Transaction, id: str, telling: Telling) -> None:
    occasion = Occasion(id=id, **structs.asdict(telling))
    preferences = tx.find(Preferences, id=telling.recipient)
    if preferences is None or getattr(preferences, telling.kind):
        notification = _unread(tx, telling)
        notification.count += 1
        if not notification.id or not _others(tx, notification, telling.actor):
            notification.people += 1
        _word(tx, notification, occasion)
        occasion.notification = tx.put(notification).id
    tx.create(occasion)


def _unread(tx: Transaction, telling: Telling) -> Notification:
    """The unread notification that it belongs to; if there is none, a new one, not written yet."""
    recipient, kind, subject = telling.recipient, telling.kind, telling.subject
    known = tx.find(Notification, recipient=recipient, kind=kind, subject=subject, read=False)
    return known or Notification(recipient=recipient, kind=kind, subject=subject)


def _take_back(tx: Transaction, occasion: Occasion, *, forget: bool) -> None:
    id = occasion.notification
    notification = None if id is None else tx.find(Notification, id=id)
    if notification is None or notification.read:
        if forget:
            tx.delete(occasion)
        return
    tx.delete(occasion)
    notification.count -= 1
    if not _others(tx, notification, occasion.actor):
        notification.people -= 1
    if notification.count > 0:
        _word(tx, notification)
        tx.put(notification)
    else:
        tx.delete(notification)


def _others(tx: Transaction, notification: Notification, actor: str | None) -> bool:
    return tx.find(Occasion, notification=notification.id, actor=actor) is not None


def _word(tx: Transaction, notification: Notification, *more: Occasion) -> None:
    """Give a notification the words for its newest occasions, and `more`; its numbers are right already."""
    kept = tx.select(Occasion, notification=notification.id, order="-time,-id", limit=NEWEST)
    newest = sorted((*kept, *more), key=lambda each: (each.time, each.id), reverse=True)[:NEWEST]
    notification.actors = _names(tx, newest)
    notification.latest, notification.time = newest[0].latest, newest[0].time
    notification.text = text_of(
        notification.kind,
        notification.subject,
        notification.actors,
        notification.people,
        notification.count,
        newest[0].title,
    )


def _names(tx: Transaction, newest: list[Occasion]) -> list[str]:
    found: dict[str, None] = {}
    for actor, name in dict.fromkeys((each.actor, each.name) for each in newest):
        if actor is not None:
            person = tx.find(Person, id=actor)
            name = SOMEONE if person is None else person.name
        if name is not None:
            found.setdefault(name)
        if len(found) == SHOWN:
            break
    return list(found)
