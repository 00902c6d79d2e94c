"""People, as identity tells of them: who is private, and who has gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from antiphon import Change, Resource, Transaction, react

from .resources import Comment, Errand, Follow, Like, Play, Profile, audience_of

AT_ONCE = 500
"""So many things of a user change in one transaction: others who write wait meanwhile."""
RESOURCES: Mapping[str, tuple[type[Resource], str]] = {
    "comments": (Comment, "author"),
    "likes": (Like, "person"),
    "follows": (Follow, "follower"),
    "plays": (Play, "listener"),
}
"""What is a user's own, and the field that says so."""


class User(Struct):
    """What is to be known of a user."""

    private: bool = False


@react(to="identity/users")
def know_users(change: Change[User], tx: Transaction) -> None:
    """Keep the profiles; a user that turns private or public takes its comments along, one that goes all."""
    user = change.id
    if change.after is not None:
        before = tx.find(Profile, id=user)
        tx.put(Profile(id=user, private=change.after.private))
        if before is None or before.private != change.after.private:
            _begin(tx, user, "show", [f"/comments/{each.id}" for each in tx.select(Comment, author=user)])
        return
    if (known := tx.find(Profile, id=user)) is not None:
        tx.delete(known)
    gone = [f"/follows/{each.id}" for each in tx.select(Follow, subject=f"/users/{user}")]
    for name, (resource, owner) in RESOURCES.items():
        own: dict[str, Any] = {owner: user}
        gone += [f"/{name}/{each.id}" for each in tx.select(resource, **own)]
    _begin(tx, user, "remove", gone)


@react(to=Errand, key="user")
def go_on(change: Change[Errand], tx: Transaction) -> None:
    """Do some more of what was begun."""
    if change.kind == "added" and (errand := tx.find(Errand, id=change.id)) is not None:
        _do(tx, errand.user, errand.what, errand.things)
        tx.delete(errand)


def _begin(tx: Transaction, user: str, what: Literal["show", "remove"], things: list[str]) -> None:
    """Do the first of it now, and leave the rest to errands."""
    _do(tx, user, what, things[:AT_ONCE])
    for place in range(AT_ONCE, len(things), AT_ONCE):
        tx.create(Errand(user=user, what=what, things=things[place : place + AT_ONCE]))


def _do(tx: Transaction, user: str, what: str, things: list[str]) -> None:
    audience = audience_of(user, tx.find(Profile, id=user))  # as it is by now
    for thing in things:
        _, name, id = thing.split("/")
        found = tx.find(RESOURCES[name][0], id=id)
        if found is None:
            continue
        if what == "remove":
            tx.delete(found)
        elif isinstance(found, Comment) and found.audience != audience:
            tx.update(found, audience=audience)
