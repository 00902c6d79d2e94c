"""Event streams (HTML Living Standard, 9.2: server-sent events), for every face that follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import aclosing, suppress
from typing import Any

from antiphon.access import Caller
from antiphon.errors import PositionGone
from antiphon.live import Batch
from antiphon.operations import Service
from antiphon.server.answers import EVENT_STREAM, problem_body
from antiphon.server.connection import EXTENSION, Connection

GRACE = 1.0
"""Seconds a follower has, at a stop, to take what it is told last."""
RETRY = b"retry: 1000\n\n"
HEADERS = [
    (b"content-type", EVENT_STREAM.encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
]

Follow = Callable[..., AsyncIterator[Batch]]
"""`follow(number, deliver, ended)`: see `operations.follow`."""


class Encoder:
    """Batches as the bytes of an event stream; `chunk` with the frame of HTTP/1.1's chunked coding."""

    def __init__(self, incarnation: str) -> None:
        self._prefix = f"id: {incarnation}-".encode()
        self.stream = self._stream
        self.chunk = self._chunk

    def _stream(self, batch: Batch) -> bytes:
        if not batch.events:
            return b"%b%d\n\n" % (self._prefix, batch.number)
        pieces = []
        for event in batch.events:
            if event.kind:
                pieces.append(b"event: %b\n" % event.kind.encode())
            if event.number is not None:
                pieces.append(b"%b%d\n" % (self._prefix, event.number))
            pieces.append(b"data: %b\n\n" % event.body)
        return b"".join(pieces)

    def _chunk(self, batch: Batch) -> bytes:
        stream = batch.encoded(self.stream)
        return b"%x\r\n%b\r\n" % (len(stream), stream)


class EventStream:
    """An answer that lists what is there, if asked to, and then tells every change.

    The list's snapshot is held for `snapshot_seconds` at the most; one who is too slow for it, or leaves
    too much unread afterwards, is cut, and resumes from the last id it saw. It ends when the session of
    `who` does.
    """

    def __init__(
        self,
        service: Service,
        follow: Follow,
        who: Caller,
        *,
        listing: AsyncIterator[Batch] | None = None,
        number: int | None = None,
        head: bool = False,
    ) -> None:
        self._service = service
        self._follow = follow
        self._who = who
        self._listing = listing
        self._number = number
        self._head = head
        self._encoder: Encoder = encoder_of(service)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self._service.admit()
        if self._head:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": b""})
            return
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._service.rights.bound(self._who, ended)
        work = asyncio.ensure_future(self._stream(scope, send, ended))
        gone = asyncio.ensure_future(_disconnected(receive))
        closing = self._service.live.closing
        ends: tuple[asyncio.Future[Any], ...] = (work, gone, closing, ended)
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if closing.done() or ended.done():  # one who reads nothing must not hold up the end
                await asyncio.wait(ends[:2], timeout=GRACE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not ended.done():
                ended.set_result("closed")
            if not work.done():
                _abort(scope.get("extensions", {}).get(EXTENSION))
                work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _stream(self, scope: MutableMapping[str, Any], send: Any, ended: "asyncio.Future[str]") -> None:
        started = False

        async def write(data: bytes) -> None:
            nonlocal started
            if not started:
                started = True
                await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            if data:
                await send({"type": "http.response.body", "body": data, "more_body": True})

        connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
        number = self._number
        if self._listing is not None:
            try:
                async with asyncio.timeout(self._service.settings.snapshot_seconds):
                    async with aclosing(self._listing) as batches:  # type: ignore[type-var]
                        async for batch in batches:
                            if ended.done():
                                break
                            number = batch.number
                            await write(batch.encoded(self._encoder.stream))
            except TimeoutError:
                _abort(connection)
                return
            if ended.done():
                await self._leave(write, send)
                return
        assert number is not None
        if not await self._service.live.reached(number, self._service.settings.wait_seconds):
            _abort(connection)
            return
        await write(b"" if self._listing is not None else self._bookmark(number))

        def on_end(ended: "asyncio.Future[str]") -> None:
            if ended.result() == "cut":
                _abort(connection)

        ended.add_done_callback(on_end)
        try:
            deliver = None if connection is None else self._direct(connection)
            async with aclosing(self._follow(number, deliver, ended)) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    await write(batch.encoded(self._encoder.stream))
        except PositionGone as problem:
            await write(b"event: gone\ndata: %b\n\n" % problem_body(problem))
        await self._leave(write, send)

    async def _leave(self, write: Callable[[bytes], Awaitable[None]], send: Any) -> None:
        await write(RETRY)
        await send({"type": "http.response.body", "body": b""})

    def _bookmark(self, number: int) -> bytes:
        return self._encoder.stream(Batch([], number))

    def _direct(self, connection: Connection) -> Callable[[Batch], bool]:
        bound = self._service.settings.follower_bytes
        chunk = self._encoder.chunk

        def deliver(batch: Batch) -> bool:
            return connection.send_directly(batch.encoded(chunk), bound)

        return deliver


def encoder_of(service: Service) -> Encoder:
    """The service's encoder: one, so that all streams share what it encodes."""
    found = _encoders.get(service.incarnation)
    if found is None:
        found = _encoders[service.incarnation] = Encoder(service.incarnation)
    return found


_encoders: dict[str, Encoder] = {}


def _abort(connection: Connection | None) -> None:
    if connection is not None:
        connection.abort()


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
