"""Problems: what becomes the answer to a request when something goes wrong; and the request's id."""

import asyncio
import itertools
import re
import secrets
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from antiphon.application.dispatch import told
from antiphon.errors import Internal, Problem, Unavailable
from antiphon.observations import Failed, Observers
from antiphon.server.answers import problem_response

# A random text a request would cost more than all else that is done for it here.
_PROCESS = secrets.token_hex(5)
_COUNT = itertools.count(1)
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*").fullmatch


class Problems:
    """Makes answers of what was raised; what should not have been is reported to `observers`."""

    def __init__(self, observers: Observers) -> None:
        self._observers = observers

    def __call__(self, error: BaseException, scope: Any, request_id: str) -> Response:
        try:
            response = _expected(error, scope, request_id)
            if response is not None:
                return _sendable(response)
        except Exception as broken:
            error = broken
        self._observers(Failed(request_id, error))
        unknown = Internal(
            "The request could not be answered.", f"The log has the cause, under the id {request_id}."
        )
        return problem_response(unknown, request_id)


def _expected(error: BaseException, scope: Any, request_id: str) -> Response | None:
    """The answer for what may be raised; None for what should not have been."""
    match error:
        case Problem():
            return problem_response(error, request_id)
        case HTTPException():  # raised by Starlette's routes
            return told(error, scope, request_id)
        case asyncio.CancelledError():  # the time to finish what is in flight is over
            stopped = Unavailable("The service stops.", "Try again.", headers={"Retry-After": "1"})
            return problem_response(stopped, request_id)
    return None


def _sendable(response: Response) -> Response:
    """The answer; ValueError for headers that would break it in two (RFC 9110, 5.5).

    Those of problems are the user's program's. A server refuses them too late: the answer has begun then.
    """
    for name, value in response.raw_headers:
        if not _NAME(name) or not _VALUE(value):
            raise ValueError(f"The header {name!r} of a problem cannot be sent.")
    return response


def request_id_of(scope: Any) -> str:
    """The id that the client gave a request, or else a new one."""
    return given_id(scope) or new_id()


def given_id(scope: Any) -> str:
    """The id that the client gave a request; "" if it gave none that can be used."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and len(value) <= 128 and value.isascii() and value.decode().isprintable():
            return str(value.decode())
    return ""


def new_id() -> str:
    """An id that no other request has."""
    return f"{_PROCESS}-{next(_COUNT):x}"
