"""Event streams (HTML Living Standard, 9.2: server-sent events), for every face that follows."""

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import aclosing, suppress
from typing import Any

from antiphon.access import Caller
from antiphon.errors import PositionGone
from antiphon.live import Batch, Event, Follower
from antiphon.operations import Service
from antiphon.server.answers import EVENT_STREAM, problem_body
from antiphon.server.connection import EXTENSION, Connection
from antiphon.server.frames import RETRY, Chunks, Frames
from antiphon.server.stream import GRACE, Out, Stream

HEADERS = [
    (b"content-type", EVENT_STREAM.encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
]

Follow = Callable[[int, Follower | None, "asyncio.Future[str] | None", bool], AsyncIterator[Batch]]
"""`follow(number, follower, ended, turned)`: see `operations.following`."""


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
        self._listed: Batch | None = None
        self._number = number
        self._head = head
        self._frames, self._chunks = _formats(service.incarnation)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self._service.admit()
        start = {"type": "http.response.start", "status": 200, "headers": HEADERS}
        if self._head:
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        handed_over = False
        try:
            if self._listing is not None:  # what is refused is refused before the answer begins
                self._listed = await anext(self._listing)
            connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
            if connection is None:
                await send(start)
                await self._send(receive, send)
            else:
                while (await receive()).get("more_body"):  # what comes behind the request ends the stream
                    pass
                # its end is the connection's: a client must not send its next request there
                await send({**start, "headers": [*HEADERS, (b"connection", b"close")]})
                stream = Stream(self._service, self._chunks, self._tell)
                if handed_over := connection.hand_over(stream):
                    stream.bind(self._who)
        finally:
            if self._listing is not None and not handed_over:
                await self._listing.aclose()  # type: ignore[attr-defined]

    async def _send(self, receive: Any, send: Any) -> None:
        """Tell the ASGI way, until the client is gone or the service stops."""
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._service.rights.bound(self._who, ended)
        work = asyncio.ensure_future(self._send_all(_Sending(send, ended, self._frames), ended))
        gone = asyncio.ensure_future(disconnected(receive))
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
                work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _send_all(self, out: "_Sending", ended: "asyncio.Future[str]") -> None:
        if await self._tell(out, None, ended, None):
            await out.finish()

    async def _tell(
        self, out: Out, follower: Follower | None, ended: "asyncio.Future[str]", turned: int | None
    ) -> bool:
        """Tell all until `follower` has joined the live part, or without one until the end; False if cut.

        It is told from the change on that `turned` it, if that has a number.
        """
        number = self._number if turned is None else turned
        if turned is None and self._listing is not None:
            try:
                number = await self._list(out, self._listing)
            except TimeoutError:
                out.abort()
                return False
            if out.stopped:
                return True
        assert number is not None
        if not await self._service.live.reached(number, self._service.settings.wait_seconds):
            out.abort()
            return False
        if turned is None and self._listing is None:
            await out.write(Batch([], number))
        following = self._follow(number, follower, ended, turned is not None)
        try:
            async with aclosing(following) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    await out.write(batch)
        except PositionGone as problem:
            await out.write(Batch([Event("gone", problem_body(problem))], number))
        return True

    async def _list(self, out: Out, listing: AsyncIterator[Batch]) -> int:
        """Tell what is there; returns the number of its position."""
        assert self._listed is not None
        async with asyncio.timeout(self._service.settings.snapshot_seconds), aclosing(listing) as batches:  # type: ignore[type-var]
            await out.write(self._listed)
            number = self._listed.number
            self._listed = None
            async for batch in batches:
                if out.stopped:
                    break
                number = batch.number
                await out.write(batch)
        return number


class _Sending:
    """An `Out` that sends ASGI messages."""

    def __init__(self, send: Any, ended: "asyncio.Future[str]", frames: Frames) -> None:
        self._send = send
        self._ended = ended
        self._frames = frames

    @property
    def stopped(self) -> bool:
        return self._ended.done()

    async def write(self, batch: Batch) -> None:
        await self._send_body(batch.written(self._frames), True)

    def abort(self) -> None:
        """What the server does with an answer that is not complete."""

    async def finish(self) -> None:
        """Say that the answer ends here."""
        await self._send_body(RETRY, True)
        await self._send_body(b"", False)

    async def _send_body(self, body: bytes, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


async def disconnected(receive: Any) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


_written: dict[str, tuple[Frames, Chunks]] = {}


def _formats(incarnation: str) -> tuple[Frames, Chunks]:
    """How positions of one incarnation are written: the same ones for all streams, so that they share it."""
    found = _written.get(incarnation)
    if found is None:
        frames = Frames(incarnation)
        found = _written[incarnation] = frames, Chunks(frames)
    return found
