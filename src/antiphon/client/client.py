"""The client: read, write, follow."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx
import msgspec

from antiphon.client.addresses import parameters
from antiphon.client.answers import Page, answer_of, problem_of
from antiphon.client.event_stream import Parser
from antiphon.client.following import Event, Following
from antiphon.client.pauses import Pauses
from antiphon.errors import AntiphonError, Malformed, Problem, Unavailable

SILENCE_SECONDS = 60.0
"""A stream that says nothing for so long is taken for dead: services send a bookmark four times as often."""
NO_ANSWER = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ProxyError)

PASSING = (408, 429, 503)
"""Statuses of what may succeed when it is tried again."""
ACCEPT = {"Accept": "application/json"}

logger = logging.getLogger("antiphon.client")


class Client:
    """One service, seen from outside: `async with Client("http://127.0.0.1:8000") as music: ...`.

    Paths are those of the service; whole URLs work too. What fails because the service cannot be reached,
    or is unavailable for now, is tried again for `patience` seconds; `timeout` is how long, in seconds, an
    answer may keep silent. `headers` go along with each request; they may be a function that gives them,
    for those that change, such as a token that ends.

    What the service refuses is raised as the class of `antiphon.errors` that its problem's code names;
    one that gives no answer as `Unavailable`.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        patience: float = 10.0,
        timeout: float = 30.0,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise AntiphonError(f"{url!r} is not the address of a service.", "Write http://HOST:PORT.")
        limits = httpx.Limits(max_connections=None)  # each follower holds one
        given: Mapping[str, str] = {} if headers is None or callable(headers) else headers
        self._http = httpx.AsyncClient(base_url=url, headers=given, limits=limits)
        self._headers: Callable[[], Mapping[str, str]] = headers if callable(headers) else dict
        self._timeout = timeout
        self._patience = patience

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def read(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        /,
        *,
        at_least: str | None = None,
        **equals: Any,
    ) -> Any:
        """A `Page` of a collection ("/songs"), or one `Record` ("/songs/ID"), a dict.

        `query` holds operators and the rest of the grammar, as in `{"length[gte]": 180, "order": "title"}`;
        keywords mean "equals". `at_least` is a position that the answer must have reached.
        """
        headers = {} if at_least is None else {"Antiphon-Min-Position": at_least}
        return await self._request("GET", self._url(path, query, equals), ACCEPT | headers)

    async def pages(
        self, path: str, query: Mapping[str, Any] | None = None, /, **equals: Any
    ) -> AsyncGenerator[Page, None]:
        """Each page of a collection, one after the other."""
        page: Page = await self.read(path, query, **equals)
        yield page
        while page.next is not None:
            page = await self.read(page.next)
            yield page

    async def write(self, method: str, path: str, body: Any = None, *, if_match: str | None = None) -> Any:
        """Write, with an idempotency key: if the answer is lost, asking again does nothing twice.

        `if_match` is the `etag` of the record as you know it: if it has changed since, nothing is done.
        """
        headers = ACCEPT | {"Idempotency-Key": uuid.uuid4().hex}
        if if_match is not None:
            headers["If-Match"] = if_match
        if body is None:
            return await self._request(method, self._url(path), headers)
        headers["Content-Type"] = "application/json"
        return await self._request(method, self._url(path), headers, msgspec.json.encode(body))

    async def create(self, path: str, record: Any) -> Any:
        """Create one record, or a list of them in one transaction; returns as stored: `Record` or `Page`."""
        return await self.write("POST", path, record)

    async def put(self, path: str, record: Any) -> Any:
        """Create or replace the record at "/songs/ID", or at "/songs" a list of records that have ids.

        A `revision` in the record must be the stored one's: one who changed it meanwhile isn't overwritten.
        """
        return await self.write("PUT", path, record)

    async def patch(self, path: str, fields: Mapping[str, Any] | None = None, /, **more: Any) -> Any:
        """Change some fields of a record; `revision` among them must be the stored one's."""
        return await self.write("PATCH", path, {**(fields or {}), **more})

    async def delete(self, path: str, *, if_match: str | None = None) -> None:
        """Delete a record."""
        await self.write("DELETE", path, if_match=if_match)

    async def act(self, path: str, /, **arguments: Any) -> Any:
        """Run the action at "/songs/ID/NAME"; returns what it returns."""
        return await self.write("POST", path, arguments)

    async def follow(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        /,
        *,
        after: str | None = None,
        bookmarks: bool = False,
        **equals: Any,
    ) -> AsyncGenerator[Event, None]:
        """What matches now and then every change; or, with `after`, every change after that position.

        Each is told exactly once, in order. `after="now"` leaves the list out. When the connection ends it
        is made anew, for ever, and goes on where it was; only the first must succeed within `patience`.
        `bookmarks` tells new positions too when nothing changed, for one who keeps them.

        Raises:
            PositionGone: the service no longer knows what came after the position. Read again.
            Problem: it refuses.
        """
        url = self._url(path, query, equals)
        following, pauses = Following(after), Pauses()
        until = time.monotonic() + self._patience
        reached = False
        while True:
            started, parser, before = time.monotonic(), Parser(), following.position
            headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
            if following.position is not None:
                headers["Last-Event-ID"] = following.position
            try:
                async with self._open("GET", url, headers, silence=SILENCE_SECONDS) as response:
                    if not response.headers.get("content-type", "").startswith("text/event-stream"):
                        raise Malformed(f"{url} is not a stream.", "Follow a collection, or /events.")
                    reached = True
                    following.begin()
                    async for piece in response.aiter_bytes():
                        for frame in parser.feed(piece):
                            for event in following.take(frame):
                                if bookmarks or event.kind != "bookmark":
                                    yield event
                trouble: Problem = Unavailable(f"{url} ended the stream.")
            except Problem as problem:
                if problem.status not in PASSING and (problem.status < 500 or not reached):
                    raise
                trouble = problem
            now = time.monotonic()
            if not reached and now >= until:
                raise trouble
            pauses.first = parser.retry_seconds or pauses.first
            if following.position != before or now - started > pauses.last:
                pauses.reset()
            await _pause(pauses, trouble)

    def _url(
        self, path: str, query: Mapping[str, Any] | None = None, equals: Mapping[str, Any] | None = None
    ) -> httpx.URL:
        """The whole URL; what `path` has behind its "?" stays."""
        url = httpx.URL(path)
        written = urlencode(parameters(query, equals or {})).encode()
        both = b"&".join(filter(None, (url.query, written)))
        return self._http.build_request("GET", url.copy_with(query=both or None)).url

    async def _request(
        self, method: str, url: httpx.URL, headers: dict[str, str], content: bytes | None = None
    ) -> Any:
        pauses, until = Pauses(), time.monotonic() + self._patience
        while True:
            try:
                async with self._open(method, url, headers, content) as response:
                    await response.aread()
                return answer_of(response)
            except Problem as problem:
                if problem.status not in PASSING or time.monotonic() >= until:
                    raise
                trouble = problem
            await _pause(pauses, trouble)

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        url: httpx.URL,
        headers: dict[str, str],
        content: bytes | None = None,
        silence: float | None = None,
    ) -> AsyncGenerator[httpx.Response, None]:
        """An answer that is yet to be read; raises what it, or the lack of it, comes to as a `Problem`."""
        timeout = httpx.Timeout(self._timeout, read=silence or self._timeout)
        request = self._http.build_request(
            method, url, headers={**self._headers(), **headers}, content=content, timeout=timeout
        )
        try:
            async with aclosing(await self._send(request)) as response:
                if not response.is_success:
                    await response.aread()
                    raise problem_of(response)
                yield response
        except NO_ANSWER as error:
            reason = str(error).rstrip(".") or type(error).__name__
            raise Unavailable(f"{url} gives no answer: {reason}.", "Check that it runs there.") from error

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._http.send(request, stream=True)
        except AttributeError as error:
            # anyio asks for the socket of a connection that ended as it began; uvloop has none by then
            if error.name != "getpeername":
                raise
            raise httpx.ConnectError("it ended the connection") from error


async def _pause(pauses: Pauses, trouble: Problem) -> None:
    asked = trouble.headers.get("retry-after", "")
    seconds = pauses.next(float(asked) if asked.isascii() and asked.isdigit() else 0.0)
    logger.info("%s Trying again in %.1f seconds.", trouble.detail, seconds)
    await asyncio.sleep(seconds)
