"""Talk: what is said of a thing, and in reply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from antiphon import Ask

from ..notifications.mentions import mentions_in
from .asking import MOST, Record, among, by_id, given, titles
from .regard import Regard, regards
from .site import pages

SHOWN = 25
"""So many comments are on a page, newest first; the rest is behind a link."""
REPLIES = 100
COMMENTS = "/comments"


class Talk:
    """Comments, the replies to each by its path, who wrote them, whom they mention, and their regard.

    `people` are the ids of users by their names in small letters; `older` leads to the comments before these.
    """

    def __init__(self, comments: Sequence[Record], older: str | None = None) -> None:
        self.comments = comments
        self.older = older
        self.replies: dict[str, list[Record]] = {}
        self.authors: dict[str, Record] = {}
        self.people: dict[str, str] = {}
        self.regards: dict[str, Regard] = {}


async def talk_of(ask: Ask, subject: str) -> Talk:
    """What is said of the thing at a path."""
    after = {"after": ask.query["after"]} if "after" in ask.query else {}
    found = await ask.page(COMMENTS, subject=subject, order="-id", limit=SHOWN, **after)
    return await completed(ask, found.items, found.next)


async def completed(
    ask: Ask, comments: list[Record], older: str | None = None, *, alone: bool = False
) -> Talk:
    """Comments, with all that is to be known of them; `alone`: without the replies to them."""
    talk = Talk(comments, older)
    paths = [] if alone else [f"{COMMENTS}/{each['id']}" for each in comments]
    replies = (await among(ask, COMMENTS, "subject", paths, order="id"))[:REPLIES]
    for reply in replies:
        talk.replies.setdefault(reply["subject"], []).append(reply)
    told = [*comments, *replies]
    talk.authors = await by_id(ask, "/users", (each["author"] for each in told))
    talk.people = await people_named(ask, (each["text"] for each in told))
    talk.regards = await regards(ask, (f"{COMMENTS}/{each['id']}" for each in told[:MOST]))
    return talk


async def people_named(ask: Ask, texts: Iterable[str]) -> dict[str, str]:
    """The ids of those whom texts mention, by their names in small letters."""
    names = dict.fromkeys(name for text in texts for name in mentions_in(text))
    return {each["name"].lower(): each["id"] for each in await among(ask, "/users", "name", names)}


@pages.view("/comments/{id}", template="comment.html")
async def comment(ask: Ask) -> dict[str, Any]:
    """One comment, with what it is about and the replies to it."""
    path = f"{COMMENTS}/{ask.path['id']}"
    found = await ask.record(path)
    subject = found["subject"]
    return {
        "comment": found,
        "path": path,
        "subject": subject,
        "about": (await titles(ask, [subject])).get(subject),
        "itself": await completed(ask, [found], alone=True),
        "talk": await talk_of(ask, path),
    }


@pages.view(COMMENTS, template="comments.html")
async def comments(ask: Ask) -> dict[str, Any]:
    """What was said last, of whatever."""
    found = await ask.page(COMMENTS, **given(ask, order="-id", limit=SHOWN))
    return {
        "talk": await completed(ask, found.items, found.next, alone=True),
        "about": await titles(ask, (each["subject"] for each in found.items)),
    }
