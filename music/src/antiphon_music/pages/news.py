"""News: what somebody is told, and of what it wants to be."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .asking import given
from .site import pages

KINDS = {
    "mention": "Somebody mentions you",
    "reply": "Somebody replies to you",
    "like": "Somebody likes your comment",
    "follower": "Somebody follows you",
    "song": "A new song by an artist you follow",
    "album": "A new album by an artist you follow",
}
ICONS = {
    "mention": "at",
    "reply": "reply",
    "like": "heart",
    "follower": "person",
    "song": "note",
    "album": "disc",
}


@pages.view("/notifications", template="notifications.html")
async def notifications(ask: Ask) -> dict[str, Any]:
    """The newest that the caller was told, and whether it has read it."""
    return {
        "news": await ask.page("/notifications", **given(ask, order="-time")),
        "icons": ICONS,
        "where": place,
    }


@pages.view("/settings", template="settings.html")
async def settings(ask: Ask) -> dict[str, Any]:
    """The caller's profile, privacy, preferences and sessions."""
    who = ask.caller
    if who.id is None:
        return {"preferences": None, "sessions": [], "here_session": None, "kinds": KINDS}
    return {
        "preferences": await ask.find("/preferences", id=who.id),
        "sessions": await ask.page("/sessions", order="-used", limit=50),
        "here_session": who.session,
        "kinds": KINDS,
    }


def place(news: dict[str, Any]) -> str:
    """Where to look at what somebody is told."""
    match news["kind"]:
        case "mention" | "reply" | "song" | "album":
            found = news["latest"]
        case "follower":
            found = f"{news['subject']}#followers"
        case _:
            found = news["subject"]
    return str(found)
