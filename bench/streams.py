"""Streams of many people, and what one of them is told of another's request: in one thread, by one clock."""

import re
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType

from bench.comparison import require
from bench.server import Server

PATIENCE = 30.0
EVENT = re.compile(rb"event: (\w+)\n(?:id: [^\n]*\n)?data: ([^\n]*)\n\n")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(eq=False)
class Connection:
    """A connection, and what has arrived on it."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)

    def take(self) -> None:
        """Read what is there."""
        more = self.socket.recv(65536)
        require(bool(more), "a connection was closed by the server")
        self.received += more

    @property
    def begun(self) -> bool:
        """Whether it is a stream that is settled: where it begins is known by the end of its headers."""
        return self.received.startswith(b"HTTP/1.1 200 ") and b"\r\n\r\n" in self.received

    def events(self) -> list[tuple[bytes, bytes]]:
        """The events that are complete now, each its kind and its record."""
        found, end = [], 0
        for match in EVENT.finditer(self.received):
            found.append((match[1], match[2]))
            end = match.end()
        del self.received[:end]
        return found

    def answer(self) -> bytes | None:
        """The body of a 201, once it is complete."""
        head, end, body = bytes(self.received).partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not (end and length and len(body) >= int(length[1])):
            return None
        require(head.startswith(b"HTTP/1.1 201 "), f"refused: {bytes(self.received)!r}")
        self.received.clear()
        return body


@dataclass(frozen=True)
class Told:
    """What a request led to: its answer, and the event on a stream so many microseconds after it was sent."""

    microseconds: float
    answer: bytes
    kind: bytes
    record: bytes


class Streams:
    """Follows what each of `requests` asks for, on a connection each, and sends requests on one more."""

    def __init__(self, follows: Server, requests: Iterable[bytes], asks: Server) -> None:
        self._selector = selectors.DefaultSelector()
        self._asker = self._connect(asks)
        self._streams = []
        for request in requests:
            stream = self._connect(follows)
            stream.socket.sendall(request)
            self._streams.append(stream)
        waiting = set(self._streams)
        until = time.monotonic() + PATIENCE
        while waiting:
            for stream in self._ready(until):
                stream.take()
                if stream.begun:
                    waiting.discard(stream)

    def ask(self, request: bytes, owner: int) -> Told:
        """Send a request, and wait for its answer and for one event on the stream of number `owner`.

        Raises:
            WrongAnswer: something else was told, or to somebody else.
        """
        answer, told = None, None
        start = time.monotonic_ns()
        self._asker.socket.sendall(request)
        until = time.monotonic() + PATIENCE
        while answer is None or told is None:
            for connection in self._ready(until):
                connection.take()
                if connection is self._asker:
                    answer = connection.answer()
                    continue
                now = time.monotonic_ns()
                for event in connection.events():
                    require(connection is self._streams[owner], f"somebody else was told {event}")
                    require(told is None, f"told twice: {told}, {event}")
                    told = (now - start) / 1000, event
        return Told(told[0], answer, *told[1])

    def listen(self, seconds: float) -> None:
        """See that nobody is told anything for a while; raises WrongAnswer."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                key.data.take()
                require(not key.data.events(), "somebody was told something else")

    def _connect(self, server: Server) -> Connection:
        made = Connection(socket.create_connection((server.host, server.port), timeout=PATIENCE))
        made.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(made.socket, selectors.EVENT_READ, made)
        return made

    def _ready(self, until: float) -> Iterator[Connection]:
        """Those on which something arrives next."""
        ready = self._selector.select(until - time.monotonic())
        require(bool(ready), f"nothing arrived within {PATIENCE:.0f} s")
        return (key.data for key, _ in ready)

    def __enter__(self) -> "Streams":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._selector.close()
        for each in (self._asker, *self._streams):
            each.socket.close()
