"""What identity holds: users, the sessions and keys that speak for them, and which of these are over."""

from __future__ import annotations

from datetime import datetime

from antiphon import Access, Ref, Resource, anyone, caller, field, nobody, role, where

from ..surroundings import SERVICE

NAME = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$(?!\n)"
"""What a name looks like: so that it can be told, in a text, where a mention of it ends.

Python's `$` is also before a newline at the end.
"""
LONGEST_NAME = 40
LISTENER = "listener"
"""The role of whoever signs up."""


class User(Resource, path="/users"):
    """Somebody who has signed up. Names are told apart with case folded: who mentions @Ana means @ana."""

    name: str = field(
        min_length=1,
        max_length=LONGEST_NAME,
        pattern=NAME,
        folded=True,
        unique=True,
        set_once=True,
        example="ana",
    )
    display_name: str | None = field(default=None, max_length=100, example="Ana Lima")
    private: bool = field(default=False, description="Whether only followers see what the user says.")
    roles: list[str] = field(default_factory=list, hidden=True, read_only=True)
    created: datetime | None = field(default=None, read_only=True)

    access = Access(read=anyone, create=nobody, update=where(id=caller.id), delete=nobody)


class Password(Resource, path="/passwords"):
    """The hash of a user's password, under the user's id. It has no address, and is in no other's sight."""

    hash: str

    access = Access(nobody, nobody, nobody, nobody)


class Session(Resource, path="/sessions"):
    """One sign-in of a user, until it signs out. `refresh` is the digest of the one good refresh token."""

    user: Ref[User] = field(index=True)
    started: datetime
    used: datetime
    expires: datetime
    agent: str | None = field(default=None, max_length=200, description="The program that signed in.")
    refresh: str = field(default="", hidden=True)

    access = Access(read=where(user=caller.id), create=nobody, update=nobody, delete=nobody)


class Key(Resource, path="/keys"):
    """A key with which a program or a device speaks for a user. The key itself is shown once, when made."""

    user: Ref[User] = field(index=True)
    label: str = field(min_length=1, max_length=100, example="the radio in the kitchen")
    created: datetime
    expires: datetime

    access = Access(read=where(user=caller.id), create=nobody, update=nobody, delete=nobody)


class Revocation(Resource, path="/revocations"):
    """A session or key that is over, under its id, until its last token would have expired anyway."""

    until: datetime = field(index=True)

    access = Access(read=role(SERVICE), create=nobody, update=nobody, delete=nobody)
