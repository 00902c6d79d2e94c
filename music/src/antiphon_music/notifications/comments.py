"""What is learned of comments: whom they mention, what they reply to, and who may see them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from antiphon import Change, Transaction, react

from .facts import Address, Liking, Person, Remark
from .judging import judge_address, judge_like
from .mentions import mentions_in
from .occasions import key, settle

COMMENTS = "/comments/"


class Comment(Struct):
    """What is to be known of a comment."""

    subject: str
    text: str
    author: str
    audience: str | None = None


@react(to="social/comments")
def hear_comments(change: Change[Comment], tx: Transaction) -> None:
    """Tell whom a comment speaks to; of an edited one, only whom it newly names."""
    if change.after is None:
        _forget(tx, change.id)
        return
    if tx.find(Remark, id=change.id) is None:
        _remark(tx, tx.create(Remark(id=change.id, author=change.after.author)))
    _address(tx, change.id, change.after, datetime.fromisoformat(change.time))


def _remark(tx: Transaction, remark: Remark) -> None:
    """Judge what was said about a comment before it was known."""
    for reply in tx.select(Address, to=COMMENTS + remark.id):
        judge_address(tx, tx.update(reply, person=remark.author).id)
    for liking in tx.select(Liking, comment=remark.id):
        judge_like(tx, liking.id)


def _address(tx: Transaction, id: str, comment: Comment, time: datetime) -> None:
    wanted = [f"@{name}" for name in mentions_in(comment.text)]
    if comment.subject.startswith(COMMENTS):
        wanted.append(comment.subject)
    known = {each.to: each for each in tx.select(Address, comment=id)}
    for to, address in known.items():
        if to not in wanted:
            settle(tx, address.id, None, forget=False)
            tx.delete(address)
        elif address.audience != comment.audience:
            judge_address(tx, tx.update(address, audience=comment.audience).id)
    for to in wanted:
        if to not in known:
            made = tx.create(
                Address(
                    id=key(id, to),
                    comment=id,
                    to=to,
                    author=comment.author,
                    subject=comment.subject,
                    audience=comment.audience,
                    time=time,
                    person=_person(tx, to, time),
                )
            )
            judge_address(tx, made.id)


def _person(tx: Transaction, to: str, time: datetime) -> str | None:
    """Whom it is to, if that is known: the user of that name, if it was there already, or an author."""
    if to.startswith("@"):
        person = tx.find(Person, name=to[1:])
        return person.id if person is not None and person.since <= time else None
    remark = tx.find(Remark, id=to.removeprefix(COMMENTS))
    return None if remark is None else remark.author


def _forget(tx: Transaction, id: str) -> None:
    if (remark := tx.find(Remark, id=id)) is not None:
        tx.delete(remark)
    for address in tx.select(Address, comment=id):
        settle(tx, address.id, None)
        tx.delete(address)
    for reply in tx.select(Address, to=COMMENTS + id):
        settle(tx, reply.id, None)
        tx.update(reply, person=None)
    for liking in tx.select(Liking, comment=id):
        judge_like(tx, liking.id)
