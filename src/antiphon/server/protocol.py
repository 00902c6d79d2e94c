"""HTTP/1.1 on a connection: uvicorn's protocol with bounds, a deadline for headers, and direct writes."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

import httptools
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
from antiphon.server.connection import EXTENSION, Answers, Finds
from antiphon.settings import Settings


class Protocol(HttpToolsProtocol):
    """One connection. It is also what the scope extension `EXTENSION` lends to event streams."""

    settings: ClassVar[Settings] = Settings()
    direct: ClassVar[Finds | None] = None

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
        answers = self._find() if version == "1.1" and self.direct is not None else None
        if answers is None:
            super().on_headers_complete()
        else:
            cycle: Any = _Direct(self, answers)
            self.cycle = self._running = cycle

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()
        cycle: Any = self.cycle
        if type(cycle) is _Direct and not cycle.begun:
            cycle.begin()

    def _find(self) -> Answers | None:
        """What answers this request without a cycle of uvicorn's; None while another is being answered, or
        the client does not take what it gets."""
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy or self.parser.should_upgrade() or self.flow.write_paused or self.root_path:
            return None
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope: Any = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        assert self.direct is not None
        return self.direct.find(scope)

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

    def send_directly(self, data: bytes, bound: int) -> bool:
        """See `Connection`."""
        if self.transport.get_write_buffer_size() > bound:
            return False
        if not self.transport.is_closing():
            self.transport.write(data)
        return True

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


class _Silent:
    """An event that nobody waits for."""

    def set(self) -> None:
        """Wake nobody."""


class _Direct:
    """A request that is answered directly. It stands where uvicorn has its cycle; see `Exchange`."""

    __slots__ = (
        "_answers",
        "_protocol",
        "_scope",
        "begun",
        "body",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
    )
    message_event = _Silent()

    def __init__(self, protocol: Protocol, answers: Answers) -> None:
        self._protocol: Any = protocol
        self._answers = answers
        self._scope = protocol.scope
        self.body = b""
        self.more_body = True
        self.keep_alive = self._protocol.parser.should_keep_alive()
        self.begun = self.disconnected = self.response_started = self.response_complete = False

    def begin(self) -> None:
        """Answer: the body is whole."""
        self.begun = True
        self._answers.answer(self._scope, self.body, self)

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        """See `Exchange`."""
        protocol = self._protocol
        lines = [STATUS_LINE[status]]
        for name, value in (*protocol.server_state.default_headers, *headers):
            if name == b"connection":
                self.keep_alive = False
            else:
                lines.append(b"%b: %b\r\n" % (name, value))
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        head = b"".join(lines)
        if not head.count(b"\n") == head.count(b"\r") == len(lines):
            raise ValueError("The value of a header has a line break.")
        self.response_started = True
        if not self.disconnected and not protocol.transport.is_closing():
            protocol.transport.write(b"%b\r\n%b" % (head, body))
        self.response_complete = True
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


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


def protocol_for(settings: Settings, direct: Finds | None = None) -> type[Any]:
    """The protocol class with these settings; what `direct` finds is answered without an ASGI cycle."""
    return type("Protocol", (Protocol,), {"settings": settings, "direct": direct})
