"""Regard: how often things are liked, followed and spoken of, and what the caller has to do with it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from antiphon import Ask

from .asking import MOST, among


class Regard(Struct):
    """How a thing is regarded. `like` and `follow` are the ids of the caller's own, if there are any."""

    subject: str
    likes: int = 0
    follows: int = 0
    comments: int = 0
    like: str | None = None
    follow: str | None = None


async def regards(ask: Ask, subjects: Iterable[str]) -> dict[str, Regard]:
    """How these things are regarded, by their paths."""
    found = {each: Regard(each) for each in list(dict.fromkeys(subjects))[:MOST]}
    for tally in await among(ask, "/tallies", "subject", found):
        regard = found[tally["subject"]]
        regard.likes, regard.follows = tally["likes"], tally["follows"]
        regard.comments = tally["comments"]
    if (me := ask.caller.id) is None:
        return found
    liked = [each for each in found if not each.startswith("/users/")]
    for like in await among(ask, "/likes", "subject", liked, person=me):
        found[like["subject"]].like = like["id"]
    followed = [each for each in found if each.startswith(("/users/", "/artists/"))]
    for follow in await among(ask, "/follows", "subject", followed, follower=me):
        found[follow["subject"]].follow = follow["id"]
    return found


async def regard_of(ask: Ask, subject: str) -> Regard:
    """How one thing is regarded."""
    return (await regards(ask, [subject]))[subject]
