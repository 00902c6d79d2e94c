"""Asking: what identity's routes find out about who sends a request, and say of what they made."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from antiphon import Caller, Position, Slowdown, caller_of, errors, refuse_other_sites

from .passwords import Passwords
from .resources import Password, User


class SignIns:
    """Compares names and passwords; whoever fails must wait, longer each time."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._slowdown = Slowdown()

    async def user(self, request: Request, name: str, password: str) -> User:
        """Whose name and password these are. An unknown name takes as long, and is answered alike.

        Raises:
            NotSignedIn: they are nobody's.
            TooManyRequests: too many tries failed before.
            Unavailable: too many sign in at once.
        """
        address = "" if request.client is None else request.client.host
        self._slowdown.attempt(name.lower(), address)
        user = await request.app.find(User, name=name)
        kept = await request.app.find(Password, id="nobody" if user is None else user.id)
        if not await self._passwords.fits(kept and kept.hash, password) or user is None:
            raise errors.NotSignedIn("Name or password is wrong.", "Check both.")
        self._slowdown.succeeded(name.lower(), address)
        found: User = user
        return found


def known(request: Request) -> Caller:
    """Who asks; raises `NotSignedIn`."""
    who = caller_of(request)
    if who.id is None:
        raise errors.NotSignedIn("Nobody is signed in.", "Send Authorization: Bearer TOKEN.")
    return who


def refuse_others(request: Request) -> None:
    """Hold a browser that is to get a cookie to asking from a page of this site; raises `Forbidden`."""
    if "origin" in request.headers or "sec-fetch-site" in request.headers:  # a browser, then
        refuse_other_sites(request)


def agent_of(request: Request) -> str | None:
    """What the program that asks calls itself."""
    return request.headers.get("user-agent", "")[:200] or None


def answer(
    status: int, body: Any = None, position: Position | None = None, location: str = "", cookie: str = ""
) -> Response:
    """An answer that nobody keeps a copy of."""
    headers = {"Cache-Control": "no-store"}
    if position is not None:
        headers["Antiphon-Position"] = str(position)
    if location:
        headers["Location"] = location
    if cookie:
        headers["Set-Cookie"] = cookie
    if body is None:
        return Response(status_code=status, headers=headers)
    return Response(msgspec.json.encode(body), status, headers, "application/json")
