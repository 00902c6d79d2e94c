"""HTTP/1.1 on a connection: uvicorn's protocol with bounds, a deadline for headers, and direct writes."""

import asyncio
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
from antiphon.server.connection import EXTENSION, Again, Answers, Finds
from antiphon.server.exchange import DirectExchange
from antiphon.server.together import Together
from antiphon.settings import Settings

SHORT = 2048
"""Bytes of a request that is known again by its bytes; most have a few hundred."""
KNOWN = 4096
"""Requests that are known at the most."""


class Protocol(HttpToolsProtocol):
    """One connection. It is also what the scope extension `EXTENSION` lends to event streams.

    What clients ask again and again they ask in the same bytes: `known` has what answers those.
    """

    settings: ClassVar[Settings] = Settings()
    direct: ClassVar[Finds | None] = None
    known: ClassVar[dict[bytes, Again]] = {}
    _default_headers: ClassVar[Any] = None
    _default_lines: ClassVar[bytes] = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._refusal: Problem = NotHttp("The request is not HTTP/1.1.", "See RFC 9112.")
        self._in_headers = True
        self._in_body = False
        self._unfinished = False
        self._running: Any = None
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._hosts = 0
        self._begun = 0
        self.again: Any = None
        self._quiet_since = 0.0
        super().connection_made(transport)
        self._watch(self.settings.header_seconds, again=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
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
        idle = self._idle
        if idle and (again := self.known.get(data)) is not None:
            if (answer := again.encoded(self.client, self.first_lines())) is not None:
                self._stop_watching()
                self.transport.write(answer)
                self.on_response_complete()
                return
            self.known.pop(data, None)
        self._begun = 0
        self.again = None
        super().data_received(data)
        if self.again is not None and idle and self._begun == 1 and len(data) <= SHORT:
            if len(self.known) >= KNOWN:
                del self.known[next(iter(self.known))]
            self.known[data] = self.again
        if self._in_headers:
            self._watch(self.settings.header_seconds, again=False)
        elif self._in_body:
            self._watch(self.settings.body_seconds, again=True)
        else:
            self._stop_watching()

    @property
    def _quiet(self) -> bool:
        """Whether what comes next is a new request."""
        return not self._unfinished and not self._answering

    @property
    def _idle(self) -> bool:
        """Whether what comes next is a new request, and may be answered at once."""
        cycle: Any = self.cycle  # as `_quiet`, which would cost as much again to call
        return (
            not self._unfinished
            and (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and len(self.connections) <= self.settings.max_connections
        )

    @property
    def _answering(self) -> bool:
        """Whether a request is being answered."""
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def first_lines(self) -> bytes:
        """The header lines that every answer has: uvicorn makes them anew each second."""
        headers = self.server_state.default_headers
        if headers is not Protocol._default_headers:
            Protocol._default_headers = headers
            Protocol._default_lines = b"".join(b"%b: %b\r\n" % each for each in headers)
        return Protocol._default_lines

    def on_response_complete(self) -> None:
        # As uvicorn does it, but for the timer: it runs on through many answers, and looks at their times.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._quiet_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wake_in(self.timeout_keep_alive)

    def _unset_keepalive_if_required(self) -> None:
        """Leave the timer as it is: what arrives shows when it fires."""

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        left = self._quiet_since + self.timeout_keep_alive - self.loop.time()
        if not self._quiet:
            self._wake_in(self.timeout_keep_alive)
        elif left > 0:
            self._wake_in(left)
        else:
            self.transport.close()

    def _wake_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def on_message_begin(self) -> None:
        self._in_headers = True
        self._unfinished = True
        self._begun += 1
        self._header_bytes = 0
        self._hosts = 0
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
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

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
        hosts = self._hosts
        if hosts > 1 or (hosts == 0 and version == "1.1"):  # RFC 9112, 3.2
            self._refuse(InvalidHeader(f"The request has {hosts} Host headers.", "Send one."))
        answers = self._find() if version == "1.1" and self.direct is not None else None
        if answers is None:
            super().on_headers_complete()
        else:
            cycle: Any = DirectExchange(self, answers)
            self.cycle = self._running = cycle

    def on_message_complete(self) -> None:
        self._in_body = False
        self._unfinished = False
        super().on_message_complete()
        cycle: Any = self.cycle
        if type(cycle) is DirectExchange and not cycle.begun:
            cycle.begin()

    def _find(self) -> Answers | None:
        """What answers this request without a cycle of uvicorn's; None while another is being answered, or
        the client does not take what it gets."""
        if self._answering or self.parser.should_upgrade() or self.flow.write_paused or self.root_path:
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

    def give_up(self) -> None:
        """Answer what waits for its body without a task that the server could end: the server stops."""
        cycle: Any = self.cycle
        if type(cycle) is DirectExchange and not cycle.begun and not self.transport.is_closing():
            self._refusal = Unavailable("The service stops.", "Try again.", headers={"Retry-After": "1"})
            self.send_400_response("")

    def hand_over(self, stream: Any) -> bool:
        """See `Connection`."""
        transport: Any = self.transport
        if transport.is_closing():
            return False
        self._stop_watching()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
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

    def together(self) -> Together:
        """See `Connection`."""
        return Together(self._running, self.transport)

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


def protocol_for(settings: Settings, direct: Finds | None = None) -> type[Any]:
    """The protocol class with these settings; what `direct` finds is answered without an ASGI cycle."""
    return type("Protocol", (Protocol,), {"settings": settings, "direct": direct, "known": {}})
