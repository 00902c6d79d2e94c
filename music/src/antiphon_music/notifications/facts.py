"""Facts: what is known here of users, comments, likes, follows and releases; copies, of what is needed alone.

They come from logs that know nothing of each other's order. So whatever is learned is written down first, and
then judged together with what else is known by then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from antiphon import Access, Resource, field, nobody

OURS = Access(nobody, nobody, nobody, nobody)


class Person(Resource, path="/persons"):
    """A user, under its id."""

    name: str = field(folded=True, index=True)
    since: datetime

    access = OURS


class Remark(Resource, path="/remarks"):
    """A comment, under its id."""

    author: str = field(index=True)

    access = OURS


class Address(Resource, path="/addresses"):
    """Whom a comment speaks to: `to` is "@name" of whom it mentions, or "/comments/ID" that it replies to."""

    comment: str = field(index=True)
    to: str
    author: str
    subject: str
    audience: str | None
    time: datetime
    person: str | None = None

    indexes = (("to", "time"), ("person", "audience"))
    access = OURS


class Liking(Resource, path="/likings"):
    """Somebody likes a comment; under the like's id."""

    comment: str = field(index=True)
    person: str
    time: datetime

    access = OURS


class Following(Resource, path="/followings"):
    """Somebody follows a user or an artist; under the follow's id."""

    follower: str
    subject: str
    time: datetime

    indexes = (("subject", "time"), ("follower", "subject"))
    access = OURS


class Release(Resource, path="/releases"):
    """A song or album, with the names it came out with."""

    kind: Literal["song", "album"]
    thing: str
    title: str
    artist: str | None
    artist_id: str
    time: datetime

    indexes = (("artist_id", "time"),)
    access = OURS


class Errand(Resource, path="/errands"):
    """What is left to be done, some at a time: to judge a release for `things`, to reword or remove them."""

    of: str = field(description="The release, or the user that has come or gone.")
    what: Literal["judge", "reword", "remove"]
    things: list[str]

    access = OURS
