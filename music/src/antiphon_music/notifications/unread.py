"""What a user has not read: its count, kept up whatever happens, and reading it all."""

from __future__ import annotations

from antiphon import Change, Transaction, action, react

from .facts import Person
from .resources import Notification, Unread

AT_ONCE = 500
"""So many notifications are read in one transaction: others who write wait meanwhile."""


@action(Unread)
def clear(unread: Unread, tx: Transaction) -> Unread:
    """Mark all that you have not read as read; of more than 500, the newest."""
    for each in tx.select(Notification, order="-time", limit=AT_ONCE, recipient=unread.id, read=False):
        tx.update(each, read=True)
    return unread


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
