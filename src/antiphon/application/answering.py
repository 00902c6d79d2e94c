"""Answering: each request gets an id, an answer whatever happens, and an observation."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from antiphon.application.admission import Admission
from antiphon.application.problems import Problems, request_id_of
from antiphon.application.served import served
from antiphon.errors import HttpVersion, Problem
from antiphon.observations import Failed, Observers
from antiphon.server.connection import EXTENSION
from antiphon.server.connection import Connection as Socket
from antiphon.server.limits import LIMITS
from antiphon.server.requests import REQUEST_ID, WITHIN


class Answering:
    """An ASGI application for HTTP that answers by `dispatch`; what goes wrong there becomes a problem.

    `app` is what routes find in their scope; `admission` finds out who asks.
    """

    def __init__(
        self,
        app: object,
        dispatch: Callable[[Any, Any, Any], Awaitable[None]],
        observers: Observers,
        admission: Admission,
    ) -> None:
        self._app = app
        self._dispatch = dispatch
        self._observers = observers
        self._admission = admission
        self._problems = Problems(observers)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started = time.perf_counter()
        scope["app"] = self._app
        within = scope.get(WITHIN)
        request_id = within or request_id_of(scope)
        scope[REQUEST_ID] = request_id
        encoded_id = request_id.encode()
        status = 0
        connection: Socket | None = scope.get("extensions", {}).get(EXTENSION)
        head = scope["method"] == "HEAD"

        async def send_noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                if scope["http_version"] == "1.0" and not head and _streams(message):
                    raise HttpVersion("A stream needs HTTP/1.1.", "Ask with HTTP/1.1, or for pages.")
                status = message["status"]
                if within is None:
                    message["headers"] = [
                        *message["headers"],
                        *scope.get(LIMITS, ()),
                        (b"x-request-id", encoded_id),
                    ]
                    self._observers(served(scope, request_id, status, started))
            elif head:
                message["body"] = b""
            try:
                await send(message)
            except RuntimeError as error:  # raised by uvloop for a socket that the client has just reset
                if connection is None or not connection.closing:
                    raise
                raise ClientDisconnect from error

        try:
            self._admission(scope)
            await self._dispatch(scope, receive, send_noted)
        except ClientDisconnect:
            pass
        except (Exception, asyncio.CancelledError) as error:
            if status:
                if not isinstance(error, (Problem, HTTPException, asyncio.CancelledError)):
                    self._observers(Failed(request_id, error))
                raise
            await self._problems(error, scope, request_id)(scope, receive, send_noted)


def _streams(start: Any) -> bool:
    """Whether the end of the answer that begins so shows by chunks alone."""
    lengths = (name for name, _ in start["headers"] if name.lower() == b"content-length")
    return start["status"] not in (204, 304) and next(lengths, None) is None
