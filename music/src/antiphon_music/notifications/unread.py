"""The count of what a user has not read, kept up whoever reads, deletes or is told something."""

from __future__ import annotations

from antiphon import Change, Transaction, react

from .facts import Person
from .resources import Notification, Unread


@react(to=Notification, key="recipient")
def count_unread(change: Change[Notification], tx: Transaction) -> None:
    """Count one more, or one less."""
    more = _unread(change.after) - _unread(change.before)
    told = change.after or change.before
    if more == 0 or told is None or tx.find(Person, id=told.recipient) is None:
        return
    known = tx.find(Unread, id=told.recipient) or Unread(id=told.recipient)
    tx.put(Unread(id=told.recipient, count=known.count + more))


def _unread(notification: Notification | None) -> int:
    return int(notification is not None and not notification.read)
