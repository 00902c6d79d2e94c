"""What people are told, how much of it they have not read, and of what they want to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from antiphon import Access, Resource, caller, field, nobody, where

Kind = Literal["mention", "reply", "like", "follower", "song", "album"]
"""Of what somebody is told: a comment that names it, a reply to its comment or a like of one, somebody who
follows it, a new song or album of an artist that it follows."""


class Notification(Resource, path="/notifications"):
    """What one user is told. What is alike is one notification as long as it is not read."""

    recipient: str = field(default="", read_only=True)
    kind: Kind = field(default="mention", read_only=True)
    subject: str = field(
        default="",
        read_only=True,
        description="The path of what it is about: what was commented on, your comment, the artist, or you.",
        example="/comments/0198c0de-7a10-7d8e-b1f0-5c6a7e8f9a0b",
    )
    latest: str = field(
        default="",
        read_only=True,
        description="The path of the newest that is told: a comment, a like, a follow, a song or an album.",
        example="/likes/0198c0de-7b20-7c5d-a0e1-4b3c2d1e0f9a",
    )
    actors: list[str] = field(
        default_factory=list, read_only=True, description="Who did it; of many, the newest few."
    )
    count: int = field(default=0, read_only=True, description="How many are told.", example=13)
    text: str = field(default="", read_only=True, example="Ana and 12 others liked your comment")
    read: bool = False
    time: datetime | None = field(default=None, read_only=True, description="When the newest was done.")
    people: int = field(default=0, read_only=True, hidden=True)

    indexes = (("recipient", "kind", "subject"), ("recipient", "time"))
    mine = where(recipient=caller.id)
    access = Access(read=mine, create=nobody, update=mine, delete=mine)


class Unread(Resource, path="/unread"):
    """How many notifications a user has not read, under the user's id."""

    count: int = field(default=0, read_only=True)

    mine = where(id=caller.id)
    access = Access(read=mine, create=nobody, update=nobody, delete=nobody, act=mine)


class Preferences(Resource, path="/preferences"):
    """Of what a user wants to be told, under the user's id. It is asked when news arrives."""

    mention: bool = True
    reply: bool = True
    like: bool = True
    follower: bool = True
    song: bool = True
    album: bool = True

    mine = where(id=caller.id)
    access = Access(read=mine, create=mine, update=mine, delete=nobody)
