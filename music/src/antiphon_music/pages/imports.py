"""Imports: tables that editors send, and how far they are."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .asking import given
from .site import pages

STATES = {
    "arriving": "Arriving",
    "waiting": "Waits for its turn",
    "running": "Being read",
    "done": "Done",
    "failed": "Could not be read",
}


@pages.view("/imports", template="imports.html")
async def imports(ask: Ask) -> dict[str, Any]:
    """All that was sent, the newest first, and a form to send another."""
    return {"imports": await ask.page("/imports", **given(ask, order="-id", limit=20)), "states": STATES}


@pages.view("/imports/{id}", template="import.html")
async def one(ask: Ask) -> dict[str, Any]:
    """One, as it goes on."""
    return {"upload": await ask.record(f"/imports/{ask.path['id']}"), "states": STATES}
