"""Facts: what is known here of users, comments, likes, follows, songs and albums; of each, what is needed.

They are copies, from logs of which none waits for another. So each fact is kept as it comes, and what follows
from it is judged by all that is known by then, again whenever more is.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from antiphon import Access, Resource, Transaction, field, nobody

from .resources import Kind

OURS = Access(nobody, nobody, nobody, nobody)


class Person(Resource, path="/persons"):
    """A user, under its id."""

    name: str = field(folded=True, index=True)
    since: datetime

    access = OURS


class Remark(Resource, path="/remarks"):
    """A comment, under its id. `names` are those that it mentions, each with the time since when."""

    author: str = field(index=True)
    subject: str = field(index=True)
    audience: str | None = field(default=None, index=True)
    time: datetime
    names: dict[str, datetime] = field(default_factory=dict)

    access = OURS


class Naming(Resource, path="/namings"):
    """That a comment mentions a name: by this it is found when the name becomes somebody's."""

    name: str = field(index=True)
    comment: str

    access = OURS


class Liking(Resource, path="/likings"):
    """That somebody likes a comment, under the like's id."""

    person: str = field(index=True)
    subject: str = field(index=True)
    time: datetime

    access = OURS


class Following(Resource, path="/followings"):
    """That somebody follows a user or an artist, under the follow's id."""

    follower: str
    subject: str = field(index=True)
    time: datetime

    indexes = (("follower", "subject"),)
    access = OURS


class Release(Resource, path="/releases"):
    """A song or an album of an artist, since when it is there, and what it was called then."""

    thing: str
    kind: Kind
    title: str
    artist: str | None
    artist_id: str
    time: datetime

    indexes = (("artist_id", "time"),)
    access = OURS


FACTS = (Person, Remark, Naming, Liking, Following, Release)
Fact = Remark | Liking | Following | Release
"""What somebody may have to be told of."""


def key(*parts: str) -> str:
    """An id that stands for `parts`."""
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def fact_of(tx: Transaction, of: str) -> Fact | None:
    """What is known of the thing at a path."""
    _, things, id = of.split("/")
    match things:
        case "comments":
            return tx.find(Remark, id=id)
        case "likes":
            return tx.find(Liking, id=id)
        case "follows":
            return tx.find(Following, id=id)
        case _:
            return tx.find(Release, id=key(of))


def remark_at(tx: Transaction, subject: str) -> Remark | None:
    """The comment at a path; None if it is that of something else, or not known."""
    id = subject.removeprefix("/comments/")
    return None if id == subject else tx.find(Remark, id=id)


def user_at(subject: str) -> str | None:
    """The id of the user at a path; None if it is that of something else."""
    return subject.removeprefix("/users/") if subject.startswith("/users/") else None


def releases_since(tx: Transaction, following: Following) -> list[Release]:
    """What has come out since somebody began to follow an artist; none if it follows a user."""
    artist = following.subject.removeprefix("/artists/")
    if artist == following.subject:
        return []
    newest = tx.select(Release, artist_id=artist, order="-time", limit=1)
    if not newest or newest[0].time < following.time:  # as nearly always, when a follow is new
        return []
    found = tx.select(Release, artist_id=artist)
    return [each for each in found if each.time >= following.time]
