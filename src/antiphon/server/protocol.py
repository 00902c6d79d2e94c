"""HTTP/1.1 on a connection: uvicorn's protocol with bounds, a deadline for headers, and direct writes."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from antiphon.errors import (
    HeadersTooLarge,
    HttpVersion,
    InvalidHeader,
    NotHttp,
    Problem,
    Stalled,
    Unavailable,
    UriTooLong,
)
from antiphon.server.answers import PROBLEM, problem_body
from antiphon.server.connection import EXTENSION
from antiphon.settings import Settings


class Protocol(HttpToolsProtocol):
    """One connection. It is also what the scope extension `EXTENSION` lends to event streams."""

    settings: ClassVar[Settings] = Settings()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._refusal: Problem = NotHttp("The request is not HTTP/1.1.", "See RFC 9112.")
        self._in_headers = True
        self._in_body = False
        self._running: Any = None
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        super().connection_made(transport)
        self._watch(self.settings.header_seconds, again=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        # uvicorn tells the newest request alone; behind a stream others may wait, and the stream must know
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        parser: Any = self.parser
        if parser is None:  # what still arrives after the end
            return
        super().data_received(data)
        if self._in_headers:
            self._watch(self.settings.header_seconds, again=False)
        elif self._in_body:
            self._watch(self.settings.body_seconds, again=True)
        else:
            self._stop_watching()

    def on_message_begin(self) -> None:
        self._in_headers = True
        self._header_bytes = 0
        super().on_message_begin()
        extensions: Any = {EXTENSION: self}
        self.scope["extensions"] = extensions

    def on_url(self, url: bytes) -> None:
        bound = self.settings.max_url_bytes
        if len(self.url) + len(url) > bound:
            self._refuse(UriTooLong(f"The URL is longer than {bound:,} bytes.", "Shorten the filter."))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        bound = self.settings.max_header_bytes
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > bound:
            self._refuse(HeadersTooLarge(f"The headers are longer than {bound:,} bytes.", "Send fewer."))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._in_body = True
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._refuse(HttpVersion(f"The request says HTTP/{version}.", "Speak HTTP/1.1 here."))
        if len(self.connections) > self.settings.max_connections:
            self._refuse(
                Unavailable(
                    f"{self.settings.max_connections} connections are served already.",
                    "Try again later.",
                    headers={"Retry-After": "5"},
                )
            )
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and version == "1.1"):  # RFC 9112, 3.2
            self._refuse(InvalidHeader(f"The request has {hosts} Host headers.", "Send one."))
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        if (
            self._running is not None
            and self._running.response_started
            and not self._running.response_complete
        ):
            self.transport.close()  # an answer is under way: nothing else may get into it
            return
        body = problem_body(self._refusal)
        head = [
            STATUS_LINE[self._refusal.status],
            b"content-type: %b\r\n" % PROBLEM.encode(),
            b"content-length: %d\r\n" % len(body),
            *(f"{name}: {value}\r\n".encode() for name, value in self._refusal.headers.items()),
            b"connection: close\r\n\r\n",
        ]
        self.transport.write(b"".join([*head, body]))
        self.transport.close()

    def hand_over(self, stream: Any) -> bool:
        """See `Connection`."""
        transport: Any = self.transport
        if transport.is_closing():
            return False
        self._stop_watching()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        self._running.disconnected = True  # uvicorn would complain that the answer is not complete
        self.connections.discard(self)
        stream.begin(transport, self.connections, self.flow.write_paused)
        transport.set_protocol(stream)
        transport.resume_reading()  # it may be paused for what follows the request; the end must be seen
        self.loop.call_soon(self._let_go)  # the parser may be at work right now
        return True

    def _let_go(self) -> None:
        """Drop what a request holds in circles with its connection: it would wait for a collection."""
        self.pipeline.clear()
        nothing: Any = None
        self.parser = self.scope = self.headers = self.cycle = self._running = nothing

    def together(self) -> "_Together":
        """See `Connection`."""
        return _Together(self._running, self.transport)

    @property
    def closing(self) -> bool:
        """See `Connection`."""
        return self.transport.is_closing()

    def abort(self) -> None:
        """See `Connection`."""
        if self._running is not None:
            self._running.disconnected = True  # uvicorn learns of it only later, and would complain
        self.transport.abort()

    def _refuse(self, problem: Problem) -> None:
        self._refusal = problem
        raise problem  # ends the parser, which answers with send_400_response

    def _watch(self, seconds: float, *, again: bool) -> None:
        if again:
            self._stop_watching()
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self._in_body:
            self.transport.abort()
        elif self.flow.read_paused:  # it is we who do not read on
            self._watch(self.settings.body_seconds, again=True)
        else:
            seconds = self.settings.body_seconds
            self._refusal = Stalled(f"The body paused for {seconds:g} seconds.", "Send it again.")
            if not self.cycle.response_started:
                self.send_400_response("")
            self.transport.close()
            self.cycle.disconnected = True
            self.cycle.message_event.set()


class _Together:
    """Stands in for the transport of one cycle. (`contextmanager` would cost half of what is gained.)"""

    __slots__ = ("_cycle", "_pieces", "_transport")

    def __init__(self, cycle: Any, transport: Any) -> None:
        self._cycle = cycle
        self._transport = transport
        self._pieces: list[bytes] = []

    def __enter__(self) -> None:
        self._cycle.transport = self

    def __exit__(self, *_: object) -> None:
        self._cycle.transport = self._transport
        self._flush()

    def write(self, data: bytes) -> None:
        self._pieces.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces and not self._transport.is_closing():  # uvloop raises for a socket that was just reset
            self._transport.write(b"".join(pieces))


def protocol_for(settings: Settings) -> type[Any]:
    """The protocol class with these settings."""
    return type("Protocol", (Protocol,), {"settings": settings})
