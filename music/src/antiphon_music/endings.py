"""Sessions that are over: each service knows of them by identity's log, and refuses their tokens."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from antiphon import Access, Change, Resource, Transaction, nobody, react


class Ended(Resource, path="/ended"):
    """A session or key that is over, under its id: a copy of what identity says."""

    until: datetime

    access = Access(nobody, nobody, nobody, nobody)


class Revocation(Struct):
    """What identity tells of one."""

    until: datetime


@react(to="identity/revocations")
def end_sessions(change: Change[Revocation], tx: Transaction) -> None:
    """Keep the copy as identity has it."""
    if change.after is not None:
        tx.put(Ended(id=change.id, until=change.after.until))
    elif (known := tx.find(Ended, id=change.id)) is not None:
        tx.delete(known)
