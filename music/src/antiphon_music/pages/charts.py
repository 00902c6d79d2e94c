"""Charts, and the pages that begin with them: home and search."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .asking import Record, by_id, titles
from .site import pages
from .talk import completed

WINDOWS = {"all": "All time", "30d": "30 days", "7d": "7 days", "1d": "Today"}
KINDS = {"songs": "Songs", "artists": "Artists", "albums": "Albums"}
LISTED = 50
BEGINNING = 300
"""So many letters of a comment are on the first page."""


class Chart:
    """The lines of a chart; with songs, what the catalogue says of each by its id."""

    def __init__(self, kind: str, lines: list[Record], songs: dict[str, Record]) -> None:
        self.kind = kind
        self.lines = lines
        self.songs = songs
        self.most = max((each["plays"] for each in lines), default=0)


async def chart(ask: Ask, kind: str, limit: int, **wanted: Any) -> Chart:
    """The first of a chart."""
    lines = (await ask.page(f"/top-{kind}", limit=limit, **wanted)).items
    songs = await by_id(ask, "/songs", (each["song_id"] for each in lines)) if kind == "songs" else {}
    return Chart(kind, lines, songs)


@pages.view("/charts", template="charts.html")
async def charts(ask: Ask) -> dict[str, Any]:
    """What is played most: of what, over which time, of which genre."""
    kind, window = ask.query.get("of", "songs"), ask.query.get("window", "all")
    kind = kind if kind in KINDS else "songs"
    window = window if window in WINDOWS else "all"
    genre = ask.query.get("genre") or None
    wanted = {"window": window} | ({"genre": genre} if genre else {})
    return {
        "chart": await chart(ask, kind, LISTED, **wanted),
        "kinds": KINDS,
        "windows": WINDOWS,
        "window": window,
        "genre": genre,
        "genres": await ask.page("/genres", order="name", limit=200),
    }


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
        "albums": await ask.page("/albums", order="-year,title", limit=12),
        "genres": await ask.page("/genres", order="name", limit=8),
        "talk": await completed(ask, beginnings, alone=True),
        "about": await titles(ask, (each["subject"] for each in said.items)),
    }


def shorter(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= BEGINNING else text[:BEGINNING].rstrip() + "…"


@pages.view("/search", template="search.html")
async def search(ask: Ask) -> dict[str, Any]:
    """What has these words in its name."""
    words = ask.query.get("q", "").strip()[:100]
    if not words:
        return {"words": "", "songs": [], "artists": [], "albums": [], "people": []}
    return {
        "words": words,
        "songs": await ask.page("/songs", **{"title[contains]": words}, order="title", limit=20),
        "artists": await ask.page("/artists", **{"name[contains]": words}, order="name", limit=12),
        "albums": await ask.page("/albums", **{"title[contains]": words}, order="title", limit=12),
        "people": await ask.page("/users", **{"name[contains]": words}, order="name", limit=12),
    }
