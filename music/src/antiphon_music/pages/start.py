"""The first page: what is played, what is new, and what is said."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .asking import Record, titles
from .charts import chart
from .site import pages
from .talk import completed

BEGINNING = 300
"""So many letters of a comment are on it."""


@pages.view("/", template="start.html")
async def home(ask: Ask) -> dict[str, Any]:
    """What is played, what is new, and what is said."""
    first_said = {"or": "(subject[startswith]=/songs/,subject[startswith]=/albums/)"}
    said = await ask.page("/comments", order="-id", limit=4, **first_said)
    beginnings = [{**each, "text": shorter(each["text"])} for each in said]
    played = await chart(ask, "songs", 8)
    begin: list[Record] = []
    if not played.lines:  # nobody has played anything yet: here is what could be
        begin = (await ask.page("/songs", **{"preview[null]": False}, order="title", limit=8)).items
    return {
        "chart": played,
        "begin": begin,
        "artists": await chart(ask, "artists", 5),
        "albums": await ask.page("/albums", order="-year,title", limit=6),
        "genres": await ask.page("/genres", order="name", limit=8),
        "talk": await completed(ask, beginnings, alone=True),
        "about": await titles(ask, (each["subject"] for each in said.items)),
    }


def shorter(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= BEGINNING else text[:BEGINNING].rstrip() + "…"
