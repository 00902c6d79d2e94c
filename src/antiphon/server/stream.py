"""Streams that are all that is left of their connections: told by the live part, with no task in between."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from antiphon.access import Caller
from antiphon.live import Batch, Follower
from antiphon.observations import Failed
from antiphon.operations import Service
from antiphon.server.frames import LAST_CHUNK, RETRY, Chunks, chunk

GRACE = 1.0
"""Seconds a follower has, at an end, to take what it is told last."""

Ended: TypeAlias = asyncio.Future[str]
Story: TypeAlias = Callable[["Stream", Follower, Ended, int | None], Awaitable[bool]]
"""Tells a stream what there is before it joins: at first, or from the change on that turned it."""


class Out(Protocol):
    """Where an event stream is written to."""

    @property
    def stopped(self) -> bool:
        """Whether it is to come to an end."""

    async def write(self, batch: Batch) -> None:
        """Send, and wait until the client has taken most of what it was sent."""

    def abort(self) -> None:
        """Drop the connection, with what is unsent."""


class Stream(Follower, asyncio.Protocol):
    """A connection that is told by `Chunks`, once the head of its answer is sent, and is asked no more.

    It runs its story in a task until that has joined the live part. From then on there is this object and the
    transport alone, so that one who waits for a change costs little more than its socket.
    A stream's end is the connection's, and whatever the client still sends is its end.
    """

    __slots__ = (
        "_bond",
        "_bound",
        "_chunks",
        "_connections",
        "_ended",
        "_paused",
        "_service",
        "_story",
        "_task",
        "_transport",
    )

    def __init__(self, service: Service, chunks: Chunks, story: Story) -> None:
        super().__init__()
        self._service = service
        self._chunks = chunks
        self._bound = service.settings.follower_bytes
        self._story: Story | None = story
        self._task: asyncio.Task[None] | None = None
        self._ended: Ended | None = None  # while the story runs
        self._bond: Ended | None = None
        self._paused: asyncio.Future[None] | bool = False

    def begin(self, transport: asyncio.Transport, connections: set[Any], paused: bool) -> None:
        """See `connection.Takes`."""
        self._transport = transport
        self._connections = connections
        self._paused = paused
        connections.add(self)
        self._run(None)

    def bind(self, who: Caller) -> None:
        """End with the caller's session, if it has one that ends."""
        if who.expires is None and who.session is None:
            return
        self._bond = asyncio.get_running_loop().create_future()
        self._bond.add_done_callback(self._on_bond)
        self._service.rights.bound(who, self._bond)

    # As a story sees it

    @property
    def stopped(self) -> bool:
        """See `Out`."""
        return self._ended is not None and self._ended.done()

    async def write(self, batch: Batch) -> None:
        """See `Out`."""
        self._transport.write(batch.written(self._chunks))
        if self._paused and not self.stopped:
            self._paused = asyncio.get_running_loop().create_future()
            await self._paused

    def abort(self) -> None:
        """See `Out`."""
        self._transport.abort()

    # As the live part sees it

    def take(self, batch: Batch) -> bool:
        transport = self._transport
        if (
            transport.get_write_buffer_size() > self._bound
        ):  # before this one: who reads on may take a long one
            return False
        transport.write(batch.written(self._chunks))
        return True

    def end(self, reason: str, number: int) -> str:
        if reason == "turned":
            self._run(number)
        elif reason == "cut":
            self.abort()
        elif reason != "closed":
            self._stop(reason)
        return reason

    # As the transport and the server see it

    def data_received(self, data: bytes) -> None:
        """What comes behind the request could be answered when the stream has ended: never."""
        self._transport.close()

    def pause_writing(self) -> None:
        self._paused = self._paused or True

    def resume_writing(self) -> None:
        self._resume()
        self._paused = False

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._service.live.leave(self)
        if self._task is not None:
            self._task.cancel()
        if self._bond is not None and not self._bond.done():
            self._bond.set_result("closed")

    def shutdown(self) -> None:
        """See `connection.Takes`: by then the live part has ended all."""

    def _run(self, turned: int | None) -> None:
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        self._ended.add_done_callback(self._on_end)
        self._task = loop.create_task(self._tell(self._ended, turned))

    async def _tell(self, ended: Ended, turned: int | None) -> None:
        assert self._story is not None
        closing = self._service.live.closing
        closing.add_done_callback(self._on_closing)
        try:
            await self._story(self, self, ended, turned)
            if self.channel is None:
                self._finish()
        except Exception as error:
            self._service.observers(Failed("", error))
            self.abort()
        finally:  # in the same step in which it has joined
            closing.remove_done_callback(self._on_closing)
            self._task = self._ended = None
            if self.channel is None or self.member is None:
                self._story = None

    def _stop(self, reason: str) -> None:
        """Come to an end: at once, or else as soon as the story can."""
        if self._ended is None:
            self._finish()
        elif not self._ended.done():
            self._ended.set_result(reason)

    def _finish(self) -> None:
        """Say that the answer ends here; then close, whether or not the client takes that in time."""
        transport = self._transport
        if transport.is_closing():
            return
        transport.write(chunk(RETRY) + LAST_CHUNK)
        transport.close()
        if transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(GRACE, transport.abort)

    def _resume(self) -> None:
        if isinstance(self._paused, asyncio.Future) and not self._paused.done():
            self._paused.set_result(None)

    def _on_closing(self, closing: "asyncio.Future[None]") -> None:
        self._stop("drained")

    def _on_bond(self, bond: Ended) -> None:
        if bond.result() != "expired":
            return
        if self.channel is not None:
            self._service.live.leave(self, "expired")
        else:
            self._stop("expired")

    def _on_end(self, ended: Ended) -> None:
        """The story is to end; one who reads nothing must not hold it up."""
        if ended.result() == "cut":
            self.abort()
        else:
            self._resume()
            asyncio.get_running_loop().call_later(GRACE, self._transport.abort)
