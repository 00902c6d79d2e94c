"""Search: what is called so."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .site import pages


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
