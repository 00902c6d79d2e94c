"""The account: signing up and in."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .site import pages


@pages.view("/sign-in", template="sign-in.html")
async def sign_in(ask: Ask) -> dict[str, Any]:
    """A name and a password."""
    return {"onward": local(ask.query.get("next", "/"))}


@pages.view("/sign-up", template="sign-up.html")
async def sign_up(ask: Ask) -> dict[str, Any]:
    """A new name, and a password for it."""
    return {"onward": local(ask.query.get("next", "/"))}


def local(path: str) -> str:
    """A path of this site; the beginning for whatever a browser may take for another's."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ours else "/"
