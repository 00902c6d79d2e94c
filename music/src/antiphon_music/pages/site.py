"""The site: where the templates are, and what every page has around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from antiphon import Ask, Pages

from .words import FILTERS

_HERE = Path(__file__).parent
EDITOR = "editor"

pages = Pages(templates=_HERE / "templates", static=_HERE / "static", filters=FILTERS)
"""Music's pages; the modules beside this one add to them."""


@pages.common
async def around(ask: Ask) -> dict[str, Any]:
    """Who looks, and how much that one has not read."""
    who = ask.caller
    if who.id is None:
        return {"me": None, "editor": False, "unread": 0}
    me = await ask.find("/users", id=who.id)
    unread = await ask.find("/unread", id=who.id)
    return {
        "me": me or {"id": who.id, "name": who.id, "display_name": None},
        "editor": EDITOR in who.roles,
        "unread": unread["count"] if unread else 0,
    }
