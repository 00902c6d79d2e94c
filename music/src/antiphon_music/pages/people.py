"""People: users, what they say and like, and whom they follow."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .asking import by_id, given, id_in, titles
from .catalogue import CARDS
from .regard import regard_of
from .site import pages
from .talk import completed

SHOWN = 24


@pages.view("/users", template="people.html")
async def people(ask: Ask) -> dict[str, Any]:
    """Everyone who has signed up, the newest first."""
    return {"people": await ask.page("/users", **given(ask, order="-id", limit=CARDS))}


@pages.view("/users/{id}", template="person.html")
async def person(ask: Ask) -> dict[str, Any]:
    """A user, with what it has said and liked, as far as the caller may see it."""
    id = ask.path["id"]
    likes = await ask.page("/likes", person=id, order="-id", limit=SHOWN)
    follows = await ask.page("/follows", follower=id, order="-id", limit=SHOWN)
    followers = await ask.page("/follows", subject=f"/users/{id}", order="-id", limit=SHOWN)
    said = await ask.page("/comments", author=id, order="-id", limit=10)
    liked = [each["subject"] for each in likes if each["subject"].startswith("/songs/")]
    return {
        "person": await ask.record(f"/users/{id}"),
        "regard": await regard_of(ask, f"/users/{id}"),
        "songs": list((await by_id(ask, "/songs", map(id_in, liked))).values()),
        "follows": await titles(ask, (each["subject"] for each in follows)),
        "followers": list((await by_id(ask, "/users", (each["follower"] for each in followers))).values()),
        "talk": await completed(ask, said.items, alone=True),
        "about": await titles(ask, (each["subject"] for each in said.items)),
    }
