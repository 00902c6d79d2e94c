"""Tallies: how often a thing is liked, followed and spoken of, for whoever shows it."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

from antiphon import Access, Change, Resource, Transaction, anyone, errors, field, nobody, react

from .resources import Comment, Follow, Like


class Tally(Resource, path="/tallies"):
    """How many like a thing, follow it and speak of it; what nobody does any more has none.

    Of comments, those that everyone sees are counted.
    """

    subject: str = field(
        unique=True,
        description="The path of what is liked, followed or spoken of.",
        example="/songs/second-set-at-the-lantern-3f2a91c04d",
    )
    likes: int = 0
    follows: int = 0
    comments: int = 0

    access = Access(read=anyone, create=nobody, update=nobody, delete=nobody)


@react(to=Like, key="subject")
def count_likes(change: Change[Like], tx: Transaction) -> None:
    """Count a like more, or one less."""
    for like, number in ((change.before, -1), (change.after, 1)):
        if like is not None:
            _count(tx, like.subject, "likes", number)


@react(to=Follow, key="subject")
def count_follows(change: Change[Follow], tx: Transaction) -> None:
    """Count a follower more, or one less."""
    for follow, number in ((change.before, -1), (change.after, 1)):
        if follow is not None:
            _count(tx, follow.subject, "follows", number)


@react(to=Comment, key="subject")
def count_comments(change: Change[Comment], tx: Transaction) -> None:
    """Count a comment that everyone has come to see, or no longer does."""
    before, after = (each is not None and each.audience is None for each in (change.before, change.after))
    comment = change.after or change.before
    if comment is not None and before != after:
        _count(tx, comment.subject, "comments", 1 if after else -1)


def _count(tx: Transaction, subject: str, what: Literal["likes", "follows", "comments"], number: int) -> None:
    id = blake2b(subject.encode(), digest_size=16).hexdigest()
    try:
        tally = tx.get(Tally, id)
    except errors.NotFound:
        tally = Tally(id=id, subject=subject)
    setattr(tally, what, getattr(tally, what) + number)
    if tally.likes or tally.follows or tally.comments:
        tx.put(tally)
    else:
        tx.delete(tally)
