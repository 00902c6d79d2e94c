"""One request that is answered without a cycle of uvicorn."""

from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from antiphon.server.connection import Again, Answers


class _Silent:
    """An event that nobody waits for."""

    def set(self) -> None:
        """Wake nobody."""


class DirectExchange:
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

    def __init__(self, protocol: Any, answers: Answers) -> None:
        self._protocol = protocol
        self._answers: Any = answers
        self._scope = protocol.scope
        self.body = b""
        self.more_body = True
        self.keep_alive = self._protocol.parser.should_keep_alive()
        self.begun = self.disconnected = self.response_started = self.response_complete = False

    def begin(self) -> None:
        """Answer: the body is whole."""
        self.begun = True
        answers: Answers
        answers, self._answers = self._answers, None  # which keep us: a circle would wait for a collection
        answers.answer(self._scope, self.body, self)

    def answer(
        self,
        status: int,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        again: Again | None = None,
    ) -> None:
        """See `Exchange`."""
        protocol = self._protocol
        lines = [STATUS_LINE[status]]
        for name, value in headers:
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
            protocol.transport.write(b"%b%b\r\n%b" % (head, protocol.first_lines(), body))
        self.response_complete = True
        if not self.keep_alive:
            protocol.transport.close()
        elif again is not None:
            protocol.again = again
        protocol.on_response_complete()
