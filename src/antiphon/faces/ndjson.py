"""NDJSON: whole collections, one record a line, in and out, in constant memory."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import IO, Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from antiphon.access import Caller
from antiphon.errors import InvalidQuery, Malformed, Problem, TooLarge
from antiphon.log import Position
from antiphon.operations import Permitted, Service
from antiphon.resources import Declaration
from antiphon.server.answers import NDJSON, freshness
from antiphon.server.bodies import IN_MEMORY, media_type, no_room, spool_body
from antiphon.server.connection import EXTENSION, Connection
from antiphon.server.requests import at_least, caller_of, query_of
from antiphon.server.writes import Answer, at_item, create_named, create_new, digest, perform

PIECE = 64 * 1024


async def export(request: Request, service: Service, declaration: Declaration[Any]) -> Response:
    """`GET /songs` as NDJSON: all that matches, from one snapshot; `limit` bounds it, if given."""
    query = query_of(request, declaration, service, None)
    if query.after is not None:
        raise InvalidQuery("An export has no pages.", "Leave `after` out.")
    await service.wait_for(at_least(request))
    pieces = service.export(query, caller_of(request))
    at, _ = await anext(pieces)
    headers = {"Antiphon-Position": str(at), **freshness([declaration])}
    if request.method == "HEAD":
        await pieces.aclose()  # type: ignore[attr-defined]
        # not an empty Response: its Content-Length would not be GET's (RFC 9110, 8.6)
        return StreamingResponse(iter(()), headers=headers, media_type=NDJSON)
    return _Export(_lines(pieces), service, caller_of(request), headers)


async def _lines(pieces: AsyncIterator[tuple[Position, list[bytes]]]) -> AsyncIterator[bytes]:
    async with aclosing(pieces):  # type: ignore[type-var]
        async for _, records in pieces:
            if records:
                yield b"\n".join(records) + b"\n"


class _Export(StreamingResponse):
    """A stream that ends early, visibly, if the client is too slow for the snapshot, or its session ends."""

    def __init__(
        self, lines: AsyncIterator[bytes], service: Service, who: Caller, headers: dict[str, str]
    ) -> None:
        super().__init__(lines, headers=headers, media_type=NDJSON)
        self._service = service
        self._who = who

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        limit = asyncio.timeout(self._service.settings.snapshot_seconds)

        def end(ended: "asyncio.Future[str]") -> None:
            limit.reschedule(0)

        try:
            async with aclosing(self.body_iterator), limit:  # type: ignore[type-var]
                ended.add_done_callback(end)
                self._service.rights.bound(self._who, ended)
                try:
                    await super().__call__(scope, receive, send)
                finally:
                    ended.remove_done_callback(end)
        except TimeoutError:
            connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
            if connection is None:
                raise
            connection.abort()
        finally:
            if not ended.done():
                ended.set_result("closed")


async def take(request: Request, service: Service, declaration: Declaration[Any], *, named: bool) -> Response:
    """`POST /songs` or, `named`, `PUT /songs` with NDJSON: all lines in one transaction.

    The body is put aside first, so that a slow client does not hold up other writers. The answer lists the
    records as they were stored; with an idempotency key it is remembered, and bounded.
    """
    media_type(request, (NDJSON,))
    settings = service.settings
    status = 200 if named else 201
    with await spool_body(request, settings.max_bulk_bytes, settings.body_seconds) as lines:
        stored = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it

        def write(tx: Permitted) -> Answer:
            lines.seek(0)
            stored.seek(0)
            stored.truncate()
            try:
                _write(tx, declaration, lines, stored, named, settings.max_body_bytes)
            except OSError as error:  # of the files: the store's errors are others
                raise no_room(error) from error
            return Answer(status, b"", tx.number, media_type=NDJSON)

        def write_to_remember(tx: Permitted) -> Answer:
            answer = write(tx)
            stored.seek(0)
            answer.body = stored.read(settings.max_body_bytes + 1)
            return answer

        try:
            if "idempotency-key" in request.headers:
                body = await asyncio.to_thread(_digest, lines)
                with stored:
                    return await perform(request, service, lambda: body, write_to_remember)
            response = await perform(request, service, bytes, write)
            response.headers["Content-Length"] = str(stored.tell())
            headers = dict(response.headers)
            stored.seek(0)
            return StreamingResponse(_pieces(stored), status, headers)
        except BaseException:
            stored.close()
            raise


def _digest(file: IO[bytes]) -> bytes:
    return digest(*iter(lambda: file.read(PIECE), b""))


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _write(
    tx: Permitted,
    declaration: Declaration[Any],
    lines: IO[bytes],
    stored: IO[bytes],
    named: bool,
    longest: int,
) -> None:
    write_one = create_named if named else create_new
    place = -1
    while line := lines.readline(longest + 1):
        if not line.strip():
            continue
        place += 1
        try:
            if len(line) > longest:
                raise TooLarge(f"The line is longer than {longest:,} bytes.", "Send shorter records.")
            stored.write(write_one(tx, declaration, line) + b"\n")
        except Problem as problem:
            raise at_item(problem, place) from None
    if place < 0:
        raise Malformed("The body has no record.", "Send one JSON object a line.")
