"""Charts: what is played most."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .asking import Record, by_id
from .site import pages

WINDOWS = {"all": "All time", "30d": "30 days", "7d": "7 days", "1d": "Today"}
KINDS = {"songs": "Songs", "artists": "Artists", "albums": "Albums"}
LISTED = 50


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
