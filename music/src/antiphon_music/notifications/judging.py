"""Judging: whether, by all that is known now, somebody is to be told of something.

Each of these may be called as often as one likes, whenever one of the facts that it looks at has become
another: so it does not matter which of them was learned first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from antiphon import Transaction

from .facts import Address, Following, Liking, Person, Release, Remark
from .occasions import Telling, key, settle

T = TypeVar("T", Address, Release)


def judge_address(tx: Transaction, id: str) -> None:
    """Tell whom a comment speaks to, unless it must not see it, or has written it itself."""
    address = tx.find(Address, id=id)
    if address is None or address.person is None:
        return
    person = address.person
    seen = address.audience is None or tx.find(Following, follower=person, subject=address.audience)
    telling = None
    if seen and person != address.author and tx.find(Person, id=person):
        reply = not address.to.startswith("@")
        telling = Telling(
            person,
            "reply" if reply else "mention",
            address.to if reply else address.subject,
            f"/comments/{address.comment}",
            address.time,
            actor=address.author,
        )
    settle(tx, address.id, telling, forget=False)


def judge_like(tx: Transaction, id: str) -> None:
    """Tell the author of a comment who likes it."""
    liking = tx.find(Liking, id=id)
    remark = None if liking is None else tx.find(Remark, id=liking.comment)
    telling = None
    if (
        liking is not None
        and remark is not None
        and remark.author != liking.person
        and tx.find(Person, id=remark.author)
    ):
        subject = f"/comments/{liking.comment}"
        telling = Telling(remark.author, "like", subject, f"/likes/{id}", liking.time, actor=liking.person)
    settle(tx, key("like", id), telling)


def judge_follower(tx: Transaction, id: str) -> None:
    """Tell a user who follows it."""
    following = tx.find(Following, id=id)
    telling = None
    if following is not None and (person := user_in(following.subject)) and tx.find(Person, id=person):
        telling = Telling(
            person, "follower", following.subject, f"/follows/{id}", following.time, actor=following.follower
        )
    settle(tx, key("follower", id), telling)


def judge_release(tx: Transaction, id: str, person: str) -> None:
    """Tell whoever followed the artist before a song or an album came out."""
    occasion = key("release", id, person)
    release = tx.find(Release, id=id)
    telling = None
    if release is not None and tx.find(Person, id=person):
        artist = f"/artists/{release.artist_id}"
        follows = tx.select(Following, follower=person, subject=artist)
        if any(each.time < release.time for each in follows):
            telling = Telling(
                person,
                release.kind,
                artist,
                release.thing,
                release.time,
                name=release.artist,
                title=release.title,
            )
    settle(tx, occasion, telling)


def judge_visible(tx: Transaction, following: Following) -> None:
    """Judge what speaks to a follower and is seen by followers alone."""
    for address in tx.select(Address, person=following.follower, audience=following.subject):
        judge_address(tx, address.id)


def judge_followed(tx: Transaction, following: Following) -> None:
    """Judge what has come out since somebody began to follow."""
    artist = following.subject.removeprefix("/artists/")
    for release in _newer(tx, Release, following.time, artist_id=artist):
        judge_release(tx, release.id, following.follower)


def judge_person(tx: Transaction, person: Person) -> None:
    """Judge all that waited for somebody to be known."""
    for address in _newer(tx, Address, person.since, to=f"@{person.name.lower()}"):
        tx.update(address, person=person.id)  # what is older spoke of somebody else, or of nobody
    for address in tx.select(Address, person=person.id):
        judge_address(tx, address.id)
    for remark in tx.select(Remark, author=person.id):
        for liking in tx.select(Liking, comment=remark.id):
            judge_like(tx, liking.id)
    for following in tx.select(Following, subject=f"/users/{person.id}"):
        judge_follower(tx, following.id)
    for following in tx.select(Following, follower=person.id):
        if not user_in(following.subject):
            judge_followed(tx, following)


def user_in(subject: str) -> str:
    """The user's id in a path, "" if it is none of a user."""
    return subject.removeprefix("/users/") if subject.startswith("/users/") else ""


def _newer(tx: Transaction, resource: type[T], time: datetime, **equals: Any) -> list[T]:
    """Those that are no older than `time`, the newest first; older ones may be very many."""
    limit = 100
    while True:
        found = tx.select(resource, order="-time", limit=limit, **equals)
        newer = [each for each in found if each.time >= time]
        if len(newer) < limit:
            return newer
        limit *= 4
