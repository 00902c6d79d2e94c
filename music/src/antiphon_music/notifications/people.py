"""What is learned of users, and what becomes of what they were told when they go."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from antiphon import Change, Resource, Transaction, react

from .errands import begin
from .facts import Person
from .judging import judge_person
from .occasions import Occasion, told_of
from .resources import Notification, Preferences, Unread


class User(Struct):
    """What is to be known of a user."""

    name: str
    created: datetime | None = None


@react(to="identity/users")
def know_users(change: Change[User], tx: Transaction) -> None:
    """A new user may have been spoken of already; one that has gone takes along what it was told."""
    known = tx.find(Person, id=change.id)
    if change.after is not None:
        if known is None:
            since = change.after.created or datetime.fromisoformat(change.time)
            person = tx.create(Person(id=change.id, name=change.after.name, since=since))
            tx.create(Unread(id=person.id))
            begin(tx, person.id, "reword", told_of(tx, person.id))
            judge_person(tx, person)
    elif known is not None:
        tx.delete(known)
        own: list[Resource] = [
            *tx.select(Unread, id=known.id),
            *tx.select(Preferences, id=known.id),
            *tx.select(Notification, recipient=known.id),
            *tx.select(Occasion, recipient=known.id),
        ]
        begin(tx, known.id, "reword", told_of(tx, known.id))
        begin(tx, known.id, "remove", [f"{type(each).__name__}/{each.id}" for each in own])


@react(to=Notification, key="recipient")
def count_unread(change: Change[Notification], tx: Transaction) -> None:
    """Keep the number of notifications that somebody has not read."""
    before = change.before is not None and not change.before.read
    after = change.after is not None and not change.after.read
    record = change.after or change.before
    if record is not None and before != after and (unread := tx.find(Unread, id=record.recipient)):
        tx.update(unread, count=unread.count + (1 if after else -1))
