"""The stream of an open page: its live parts, each time that one has become another."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol
from urllib.parse import unquote

from antiphon.access import ANYONE, Caller, network_of
from antiphon.errors import (
    Forbidden,
    InvalidQuery,
    NotFound,
    NotSignedIn,
    Problem,
    TooManyRequests,
)
from antiphon.faces.html.kept import Rendered
from antiphon.faces.html.parts import Parts
from antiphon.faces.html.turns import NEVER, Turns
from antiphon.faces.html.watching import Watching
from antiphon.observations import Failed
from antiphon.queries import pairs
from antiphon.server.answers import EVENT_STREAM, problem_body
from antiphon.server.connection import EXTENSION, Connection
from antiphon.server.cookies import FORGET
from antiphon.server.event_stream import disconnected
from antiphon.server.frames import RETRY
from antiphon.server.requests import CALLER

HEADERS = [
    (b"content-type", EVENT_STREAM.encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
]
REFUSALS = (NotSignedIn, Forbidden, NotFound)
"""What ends the keeping of a page for good: it is not there, or not there for who has it open."""
GRACE = 1.0
"""Seconds a client has, at an end, to take what it is told last."""
_LINE = re.compile(r"\r\n|\r|\n")
_HAVE = re.compile(r"[\w-]+:[0-9a-f]+")


Again = Callable[[Any], Awaitable[Rendered]]


class Pages(Protocol):
    """What makes pages."""

    async def page(self, scope: Any) -> Rendered: ...

    async def again(self, scope: Any, who: str) -> Rendered: ...


class PageStream:
    """An answer that tells an open page what became of its live parts: `GET /live?page=/songs/12&have=…`.

    `have` says which state of each part the client has, as `Last-Event-ID` does when it comes back, and each
    event's id: so it is told what it has not, and nothing else, whatever happened in between. What it is told
    is states, never steps: one that was told twice does no harm, and of one that reads slowly only the newest
    is kept. Each time anew it is asked what the caller may see.
    """

    def __init__(self, parts: Parts, turns: Turns, pages: Pages) -> None:
        self._parts = parts
        self._turns = turns
        self._pages = pages

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._admit()
        who = self._whose(scope)
        inner, have = _asked(scope)
        refused: Problem | None = None
        try:
            page = await self._pages.page(inner)
            if FORGET in scope:
                raise _over()
        except REFUSALS as problem:  # an `EventSource` could not read why
            refused = problem
        headers = list(HEADERS)
        if EXTENSION in scope.get("extensions", {}):
            headers.append((b"connection", b"close"))  # the stream's end is the connection's
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
        elif refused is not None:
            gone = _event("gone", problem_body(refused).decode())
            await send({"type": "http.response.body", "body": gone})
        else:
            await self._send(inner, page, have, who, receive, send)

    def _admit(self) -> None:
        for part in self._parts:
            part.service().admit(len(self._turns))

    def _whose(self, scope: Any) -> str:
        """Whose open page this is: a caller's, or, of nobody, an address's; raises `TooManyRequests`."""
        caller: Caller = scope.get(CALLER, ANYONE)
        client = scope.get("client")
        who = (
            f"caller {caller.id}"
            if caller.id is not None
            else f"address {network_of(client[0]) if client else ''}"
        )
        most = next(iter(self._parts)).service().settings.max_open_pages
        if self._turns.of(who) >= most:
            raise TooManyRequests(
                f"This {who.partition(' ')[0]} has {most} open pages already.",
                "Close some; or raise the setting max_open_pages.",
                headers={"Retry-After": "30"},
            )
        return who

    async def _send(
        self, scope: Any, page: Rendered, have: dict[str, str], who: str, receive: Any, send: Any
    ) -> None:
        """Tell until the client is gone, its session is over, or a service stops."""
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        for part in self._parts:
            part.service().rights.bound(part.caller(scope), ended)
        url = scope["antiphon.url"]
        self._turns.enter(url, who)
        again = partial(self._pages.again, who=who)
        telling = _Telling(self._parts, partial(self._turns.wait, url), again, scope, send)
        work = asyncio.ensure_future(telling.tell(page, have))
        gone = asyncio.ensure_future(disconnected(receive))
        closings = [part.service().live.closing for part in self._parts]
        try:
            ends: list[asyncio.Future[Any]] = [work, gone, ended, *closings]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() or work.done():
                return
            work.cancel()  # one who reads nothing must not hold up the end
            with suppress(asyncio.CancelledError):
                await work
            try:
                async with asyncio.timeout(GRACE):
                    await telling.end(expired=ended.done())
            except TimeoutError:
                _abort(scope)
        finally:
            self._turns.leave(url, who)
            gone.cancel()
            if not ended.done():
                ended.set_result("closed")
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            telling.close()


class _Telling:
    """What is told to one client."""

    def __init__(
        self, parts: Parts, turn: Callable[[float], Awaitable[float]], again: Again, scope: Any, send: Any
    ) -> None:
        self._turn = turn
        self._taken = NEVER
        self._again = again
        self._scope = scope
        self._send = send
        first = next(iter(parts)).service()
        self._settings = first.settings
        self._observers = first.observers
        self._changed = asyncio.Event()
        self._watching = Watching((), self._changed.set)

    async def tell(self, page: Rendered, have: dict[str, str]) -> None:
        """Tell each change of a part; returns when there is no more to tell."""
        await self._write(RETRY)
        had = set(have) or set(page.parts)
        live = False
        while True:
            self._watch(page)
            if had != page.parts.keys():
                await self._write(_event("main", "{}"))
            had = set(page.parts)
            have = {id: digest for id, digest in have.items() if id in had}
            changed = [part for id, part in page.parts.items() if have.get(id) != part.digest]
            have |= {id: part.digest for id, part in page.parts.items()}
            id = ",".join(f"{name}:{digest}" for name, digest in have.items())
            if changed:
                await self._write(_event("part", "\n".join(each.html for each in changed), id))
            if not live:
                live = True
                await self._write(_event("live", "{}", id))
            await self._change()
            self._taken = await self._turn(self._taken)
            self._changed.clear()
            try:
                page = await self._again(self._scope)
            except REFUSALS as problem:
                await self._write(_event("gone", problem_body(problem).decode()))
                break
            except Exception as error:  # it may be well when the client comes back
                if not isinstance(error, Problem):
                    self._observers(Failed("", error))
                await self._write(RETRY)
                break
        await self._send({"type": "http.response.body", "body": b""})

    async def end(self, *, expired: bool) -> None:
        """Say that the session is over, or that the client is to come back in a moment."""
        if expired:
            await self._write(_event("gone", problem_body(_over()).decode()))
        else:
            await self._write(RETRY)
        await self._send({"type": "http.response.body", "body": b""})

    def close(self) -> None:
        """Watch no more."""
        self._watching.close()

    def _watch(self, page: Rendered) -> None:
        """Watch what the page is made of, from where it was asked on."""
        before, self._watching = self._watching, Watching(page.watched, self._changed.set)
        before.close()
        if not page.exact:
            self._changed.set()

    async def _change(self) -> None:
        """Wait for a change; keep a quiet connection alive."""
        while not self._changed.is_set():
            try:
                async with asyncio.timeout(self._settings.heartbeat_seconds):
                    await self._changed.wait()
            except TimeoutError:
                await self._write(b":\n\n")

    async def _write(self, data: bytes) -> None:
        """Send; one who does not take it in time is cut, and comes back with what it has."""
        try:
            async with asyncio.timeout(self._settings.snapshot_seconds):
                await self._send({"type": "http.response.body", "body": data, "more_body": True})
        except TimeoutError:
            _abort(self._scope)
            raise asyncio.CancelledError from None


def _asked(scope: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The scope of the page that is meant, and which state of its parts the client has."""
    query: Mapping[str, str] = dict(pairs(scope["query_string"]))
    page = query.get("page", "")
    if not page.startswith("/") or page.startswith("//"):
        raise InvalidQuery(
            f"`page` is {page[:80]!r}.", "Give the path and query of the page: /songs?genre=jazz."
        )
    path, _, asked = page.partition("?")
    headers = dict(reversed(scope["headers"]))
    said = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("have", "")
    have = dict(each.split(":") for each in said.split(",") if _HAVE.fullmatch(each))
    inner = {
        **scope,
        "method": "GET",
        "path": unquote(path),
        "query_string": asked.encode(),
        "antiphon.url": page,
    }
    return inner, have


def _over() -> NotSignedIn:
    return NotSignedIn("Your session is over.", "Sign in again.")


def _abort(scope: Any) -> None:
    """Drop the connection, with what is unsent, as far as the server lets us."""
    connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
    if connection is not None:
        connection.abort()


def _event(kind: str, data: str, id: str | None = None) -> bytes:
    lines = [f"event: {kind}", *(f"data: {line}" for line in _LINE.split(data))]
    if id is not None:
        lines.append(f"id: {id}")
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")
