"""What people do: they play songs, like things, follow people and artists, and say something."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from antiphon import (
    Access,
    Resource,
    Transaction,
    anyone,
    caller,
    errors,
    field,
    nobody,
    role,
    signed_in,
    where,
)

from ..surroundings import SERVICE

ID = "[A-Za-z0-9_-]{1,64}"
COMMENTS = "/comments/"


class Profile(Resource, path="/profiles"):
    """What is known of a user, under its id: a copy of what identity says, and no more than is needed."""

    private: bool

    access = Access(nobody, nobody, nobody, nobody)


class Play(Resource, path="/plays"):
    """A song that somebody has played. What was heard was heard: it stays as it is."""

    song_id: str = field(pattern=f"^{ID}$", index=True, example="second-set-at-the-lantern-3f2a91c04d")
    listener: str = field(default=caller.id, index=True)
    at: datetime | None = field(default=None, read_only=True, index=True)

    access = Access(
        read=where(listener=caller.id) | role(SERVICE), create=signed_in, update=nobody, delete=nobody
    )

    def prepare(self, tx: Transaction) -> None:
        """A song is played when it is told."""
        self.at = tx.now


class Like(Resource, path="/likes"):
    """Somebody likes a song, an album, an artist or a comment: each thing once."""

    subject: str = field(
        pattern=f"^/(songs|albums|artists|comments)/{ID}$",
        index=True,
        description="The path of what is liked.",
        example="/songs/second-set-at-the-lantern-3f2a91c04d",
    )
    person: str = field(default=caller.id)
    at: datetime | None = field(default=None, read_only=True)

    uniques = (("person", "subject"),)
    access = Access(read=anyone, create=signed_in, update=nobody, delete=where(person=caller.id))

    def prepare(self, tx: Transaction) -> None:
        """What is liked must be there to be seen, as far as it is known here."""
        require_seen(tx, self.subject, self.person)
        self.at = tx.now


class Follow(Resource, path="/follows"):
    """Somebody follows a user or an artist. Who follows a private user sees what it says."""

    subject: str = field(
        pattern=f"^/(users|artists)/{ID}$",
        index=True,
        description="The path of who is followed.",
        example="/artists/tobble-wick-trio",
    )
    follower: str = field(default=caller.id)
    at: datetime | None = field(default=None, read_only=True)

    uniques = (("follower", "subject"),)
    access = Access(read=anyone, create=signed_in, update=nobody, delete=where(follower=caller.id))

    def prepare(self, tx: Transaction) -> None:
        """Nobody follows itself."""
        if self.subject == f"/users/{self.follower}":
            raise errors.Invalid("subject: that is you.", "Follow others.")
        self.at = tx.now


class Comment(Resource, path="/comments"):
    """What somebody says of a song or an album, or in reply to a comment. `@name` mentions a user.

    `audience` is null where everyone sees it; or the path of its author, whose followers alone do.
    """

    subject: str = field(
        pattern=f"^/(songs|albums|comments)/{ID}$",
        set_once=True,
        index=True,
        description="The path of what it is about, or of the comment that it replies to.",
        example="/songs/second-set-at-the-lantern-3f2a91c04d",
    )
    text: str = field(min_length=1, max_length=2000, example="That bass, @ben!")
    author: str = field(default=caller.id, set_once=True, index=True)
    audience: str | None = field(default=None, read_only=True, index=True)
    at: datetime | None = field(default=None, read_only=True)

    mine = where(author=caller.id)
    access = Access(
        read=where(audience=None) | mine | where(audience=caller.groups) | role(SERVICE),
        create=signed_in,
        update=mine,
        delete=mine,
    )

    def prepare(self, tx: Transaction) -> None:
        """Whoever writes it is seen by those who may see its author."""
        require_seen(tx, self.subject, self.author)
        self.audience = audience_of(self.author, tx.find(Profile, id=self.author))
        self.at = tx.now


class Errand(Resource, path="/errands"):
    """What is left to be done to many things of one user, some at a time."""

    user: str
    what: Literal["show", "remove"]
    things: list[str]

    access = Access(nobody, nobody, nobody, nobody)


def audience_of(user: str, profile: Profile | None) -> str | None:
    """Who sees what a user says. One of whom nothing is known yet may be private."""
    return None if profile is not None and not profile.private else f"/users/{user}"


def require_seen(tx: Transaction, subject: str, person: str) -> None:
    """Refuse to speak of a comment that is not there, or not there for this person; raises `Invalid`."""
    if not subject.startswith(COMMENTS):
        return
    comment = tx.find(Comment, id=subject.removeprefix(COMMENTS))
    if comment is not None and (
        comment.audience is None
        or comment.author == person
        or tx.find(Follow, follower=person, subject=comment.audience) is not None
    ):
        return
    raise errors.Invalid(f"subject: there is no comment {subject}.", "Name one of those at /comments.")
