"""What people are told, how much of it they have not read, and what they want to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from antiphon import Access, Resource, caller, field, nobody, where

Kind = Literal["mention", "like", "reply", "song", "album", "follower"]
"""What somebody is told of: a comment that names it, a like of its comment or a reply to one, something new
of an artist that it follows, somebody who follows it."""


class Notification(Resource, path="/notifications"):
    """What one user is told. What is alike is one notification as long as it is not read."""

    recipient: str = field(read_only=True, default="")
    kind: Kind = field(read_only=True, default="mention")
    subject: str = field(
        read_only=True,
        default="",
        description="What it is about: the thing that was commented on, your comment, the artist, or you.",
        example="/songs/second-set-at-the-lantern-3f2a91c04d",
    )
    latest: str = field(
        read_only=True, default="", description="The newest that is told of.", example="/comments/0198c0de"
    )
    actors: list[str] = field(
        read_only=True, default_factory=list, description="Who did it; of many, the newest few."
    )
    count: int = field(read_only=True, default=0, description="How many are told of.", example=13)
    text: str = field(read_only=True, default="", example="ana and 12 others liked your comment")
    read: bool = False
    time: datetime | None = field(read_only=True, default=None, description="When the newest was done.")
    people: int = field(read_only=True, hidden=True, default=0)

    indexes = (("recipient", "kind", "subject"), ("recipient", "time"))
    mine = where(recipient=caller.id)
    access = Access(read=mine, create=nobody, update=mine, delete=mine)


class Unread(Resource, path="/unread"):
    """How many notifications a user has not read, under its id."""

    count: int = field(default=0, read_only=True)

    access = Access(read=where(id=caller.id), create=nobody, update=nobody, delete=nobody)


class Preferences(Resource, path="/preferences"):
    """Of what a user wants to be told, under its id; without it, of everything."""

    mention: bool = True
    like: bool = True
    reply: bool = True
    song: bool = True
    album: bool = True
    follower: bool = True

    mine = where(id=caller.id)
    access = Access(read=mine, create=mine, update=mine, delete=mine)
