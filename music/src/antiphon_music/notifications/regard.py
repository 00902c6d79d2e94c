"""What is learned of who likes what, and who follows whom."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from antiphon import Change, Transaction, react

from .comments import COMMENTS
from .facts import Following, Liking
from .judging import judge_followed, judge_follower, judge_like, judge_visible, user_in


class Like(Struct):
    """What is to be known of a like."""

    subject: str
    person: str


class Follow(Struct):
    """What is to be known of a follow."""

    subject: str
    follower: str


@react(to="social/likes")
def hear_likes(change: Change[Like], tx: Transaction) -> None:
    """Tell the author of a comment who likes it; a like that is taken back was none."""
    known = tx.find(Liking, id=change.id)
    like = change.after
    if like is None:
        if known is not None:
            tx.delete(known)
    elif known is None and like.subject.startswith(COMMENTS):
        time = datetime.fromisoformat(change.time)
        comment = like.subject.removeprefix(COMMENTS)
        tx.create(Liking(id=change.id, comment=comment, person=like.person, time=time))
    judge_like(tx, change.id)


@react(to="social/follows")
def hear_follows(change: Change[Follow], tx: Transaction) -> None:
    """Tell users who follows them, and followers what they may see or wait for."""
    following = tx.find(Following, id=change.id)
    follow = change.after
    if follow is None:
        if following is None:
            return
        tx.delete(following)
    elif following is None:
        time = datetime.fromisoformat(change.time)
        following = Following(id=change.id, follower=follow.follower, subject=follow.subject, time=time)
        tx.create(following)
    if user_in(following.subject):
        judge_follower(tx, following.id)
        judge_visible(tx, following)
    else:
        judge_followed(tx, following)
