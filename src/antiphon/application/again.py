"""Answering a request that was answered before, by what is kept of its answer."""

import time
from typing import Any, Protocol

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from antiphon.application.problems import given_id, new_id
from antiphon.faces.html import CALLERS
from antiphon.server.limits import LIMITS
from antiphon.server.requests import COUNTED, WHOLE

PASSING = frozenset({LIMITS, WHOLE, COUNTED, CALLERS, "extensions"})
"""Members of a scope that are one request's alone, or hold its connection."""


class Lane(Protocol):
    """What lets requests in, and observes answers."""

    def lets_in(self, scope: Any) -> bool: ...

    def admit(self, scope: Any) -> None: ...

    def observe(self, scope: Any, request_id: str, status: int, started: float) -> None: ...


class Again:
    """Answers a request that was answered before by what is kept, as long as that is exact.

    It holds on to nothing that is not small: what is no longer kept is gone. `without` is a header of the
    response that is not the same each time: it is made anew with what is found.
    """

    __slots__ = ("_brings", "_given_id", "_head", "_lane", "_let_in", "_scope", "_status")

    def __init__(self, lane: Lane, scope: Any, response: Response, without: bytes = b"") -> None:
        self._lane = lane
        self._scope = {name: value for name, value in scope.items() if name not in PASSING}
        self._let_in = lane.lets_in(scope)
        self._given_id = given_id(scope)
        self._status = response.status_code
        self._brings = bool(response.body)
        self._head = STATUS_LINE[response.status_code] + b"".join(
            b"%b: %b\r\n" % each for each in response.raw_headers if each[0] != without
        )

    def find(self) -> tuple[bytes, bytes] | None:
        """What is kept, if it is exact: a header line that goes with it now, or none, and the body."""
        raise NotImplementedError

    def is_for(self, scope: Any) -> bool:
        """Whether it is for whoever asks now, who has been let in."""
        raise NotImplementedError

    def encoded(self, client: Any, first: bytes) -> bytes | None:
        """See `connection.Again`."""
        started = time.perf_counter()
        scope, limits = self._scope, b""
        try:
            if (found := self.find()) is None:
                return None
            if not self._let_in:
                scope = {**scope, "client": client}
                self._lane.admit(scope)
                if not self.is_for(scope):
                    return None
                limits = b"".join(b"%b: %b\r\n" % each for each in scope.get(LIMITS, ()))
        except Exception:  # it will be raised again where it is made an answer
            return None
        line, body = found
        request_id = self._given_id or new_id()
        self._lane.observe(scope, request_id, self._status, started)
        return b"%b%b%b%bx-request-id: %b\r\n\r\n%b" % (
            self._head,
            first,
            limits,
            line,
            request_id.encode(),
            body if self._brings else b"",
        )
