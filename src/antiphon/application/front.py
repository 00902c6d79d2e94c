"""The front: what of all requests is answered with pages; and problems as pages, for who reads those."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from antiphon.faces.html import HEADERS, MEDIA_TYPE, Site, is_form
from antiphon.server.answers import PROBLEM
from antiphon.server.negotiation import wants_page

App = Callable[[Any, Any, Any], Awaitable[None]]
ENDPOINT = "antiphon.page"
"""The scope's member that holds what answers with a page."""


async def answer_with_page(scope: Any, receive: Any, send: Any) -> None:
    """Answer by what `Front` found."""
    await scope[ENDPOINT](scope, receive, send)


class Front:
    """An ASGI application for HTTP, before the one that answers all else (`rest`).

    `pages` answers by `answer_with_page`. Pages are at the root of a host alone: their links begin with `/`.
    """

    def __init__(self, site: Site, pages: App, rest: App) -> None:
        self._site = site
        self._pages = pages
        self._rest = rest

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("root_path"):
            await self._rest(scope, receive, send)
            return
        endpoint = self._site.find(scope)
        if wants_page(scope):
            if is_form(scope):
                endpoint = partial(self._site.post, self._rest)
            send = _ProblemPages(self._site, scope, send)
        if endpoint is None:
            await self._rest(scope, receive, send)
        else:
            scope[ENDPOINT] = endpoint
            await self._pages(scope, receive, send)


class _ProblemPages:
    """Sends on what an application sends, a problem document as a page."""

    def __init__(self, site: Site, scope: Any, send: Any) -> None:
        self._site = site
        self._scope = scope
        self._send = send
        self._start: Any = None

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            start, self._start = self._start, None
            await self._send_page(start, message)

    async def _send_page(self, start: Any, message: Any) -> None:
        """Send the page of a problem, which is one piece; more may come, to hold the connection open."""
        document = message.get("body", b"")
        body = await self._site.problem(self._scope, msgspec.json.decode(document)) if document else b""
        kept = [each for each in start["headers"] if each[0] not in (b"content-type", b"content-length")]
        headers = [
            *kept,
            (b"content-type", MEDIA_TYPE.encode()),
            *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
        ]
        if body:
            headers.append((b"content-length", b"%d" % len(body)))
        await self._send({**start, "headers": headers})
        await self._send({**message, "body": body})


def _is_problem(start: Any) -> bool:
    return (b"content-type", PROBLEM.encode()) in start["headers"]
