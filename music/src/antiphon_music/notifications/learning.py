"""Learning: what other services tell becomes facts, and what follows from them is judged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from antiphon import Change, Resource, Transaction, react

from . import cases
from .errands import judge_all
from .facts import Following, Liking, Naming, Person, Release, Remark, key
from .mentions import mentions_in
from .resources import Kind, Notification, Preferences, Unread


class User(Struct):
    """What identity is asked of a user."""

    name: str
    created: datetime | None = None


class Comment(Struct):
    """What social is asked of a comment."""

    author: str
    subject: str
    text: str
    audience: str | None = None


class Like(Struct):
    """What social is asked of a like."""

    person: str
    subject: str


class Follow(Struct):
    """What social is asked of a follow."""

    follower: str
    subject: str


class Piece(Struct):
    """What the catalogue is asked of a song or an album."""

    title: str
    artist: str | None = None
    artist_id: str | None = None


@react(to="identity/users")
def know_users(change: Change[User], tx: Transaction) -> None:
    """A user is told what it was mentioned in before it was known; one that has gone leaves nothing."""
    known, user = tx.find(Person, id=change.id), change.after
    if user is not None and known is None:
        person = tx.create(Person(id=change.id, name=user.name, since=user.created or _time(change)))
        for resource in (Unread, Preferences):
            if tx.find(resource, id=change.id) is None:
                tx.create(resource(id=change.id))
        judge_all(tx, cases.of_person(tx, person))
    elif user is None and known is not None:
        tx.delete(known)
        own: list[Resource] = list(tx.select(Notification, recipient=change.id))
        own += [*tx.select(Unread, id=change.id), *tx.select(Preferences, id=change.id)]
        for each in own:
            tx.delete(each)
        judge_all(tx, cases.of_person(tx, known))


@react(to="social/comments")
def know_comments(change: Change[Comment], tx: Transaction) -> None:
    """A comment is told to whom it mentions or replies to; one that comes late, with what was said of it."""
    known, comment = tx.find(Remark, id=change.id), change.after
    before = {} if known is None else known.names
    now = {} if comment is None else {name: _time(change) for name in mentions_in(comment.text)}
    for name in before.keys() - now.keys():
        tx.delete(tx.get(Naming, key(change.id, name)))
    for name in now.keys() - before.keys():
        tx.create(Naming(id=key(change.id, name), name=name, comment=change.id))
    if comment is not None:
        remark = Remark(
            id=change.id,
            author=comment.author,
            subject=comment.subject,
            audience=comment.audience,
            time=_time(change) if known is None else known.time,
            names={name: before.get(name, time) for name, time in now.items()},
        )
        tx.put(remark)
        if known is not None:
            judge_all(tx, cases.of_thing(tx, f"/comments/{change.id}"))
        else:
            judge_all(tx, cases.of_comment(tx, change.id, remark.author))
    elif known is not None:
        tx.delete(known)
        judge_all(tx, cases.of_comment(tx, change.id, known.author))


@react(to="social/likes")
def know_likes(change: Change[Like], tx: Transaction) -> None:
    """A like of a comment is told to its author."""
    like = change.after
    known = tx.find(Liking, id=change.id)
    if like is not None and like.subject.startswith("/comments/"):
        time = _time(change) if known is None else known.time
        tx.put(Liking(id=change.id, **structs.asdict(like), time=time))
    elif known is not None:
        tx.delete(known)
    else:
        return
    judge_all(tx, cases.of_thing(tx, f"/likes/{change.id}"))


@react(to="social/follows")
def know_follows(change: Change[Follow], tx: Transaction) -> None:
    """A follow is told to who is followed, and decides what its follower sees and is told."""
    known = tx.find(Following, id=change.id)
    concerned = [] if known is None else cases.of_follow(tx, change.id, known)
    if (follow := change.after) is not None:
        time = _time(change) if known is None else known.time
        following = tx.put(Following(id=change.id, **structs.asdict(follow), time=time))
        concerned += cases.of_follow(tx, change.id, following)
    elif known is not None:
        tx.delete(known)
    judge_all(tx, concerned)


@react(to="catalog/songs")
def know_songs(change: Change[Piece], tx: Transaction) -> None:
    """A new song is told to those who follow its artist."""
    _know_release(change, tx, "song")


@react(to="catalog/albums")
def know_albums(change: Change[Piece], tx: Transaction) -> None:
    """A new album is told to those who follow its artist."""
    _know_release(change, tx, "album")


def _know_release(change: Change[Piece], tx: Transaction, kind: Kind) -> None:
    """Keep what an artist has brought out: since when it has one, and by the names it had then."""
    piece, of = change.after, f"{change.resource}/{change.id}"
    known = tx.find(Release, id=key(of))
    artist = None if piece is None else piece.artist_id
    if artist == (None if known is None else known.artist_id):
        return
    if piece is not None and artist is not None:
        time = _time(change) if known is None else known.time
        named = Release(
            title=piece.title, artist=piece.artist, artist_id=artist, thing=of, kind=kind, time=time
        )
        tx.put(structs.replace(named, id=key(of)))
    elif known is not None:
        tx.delete(known)
    judge_all(tx, cases.of_thing(tx, of))


def _time(change: Change[Any]) -> datetime:
    """When it was done, by the clock of the service that did it."""
    return datetime.fromisoformat(change.time)
