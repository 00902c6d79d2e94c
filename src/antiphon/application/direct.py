"""Answering directly: plain requests, without an ASGI cycle and without a task."""

import time
from collections.abc import Coroutine, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.application.admission import Admission
from antiphon.application.endpoints import Endpoint
from antiphon.application.problems import Problems, request_id_of
from antiphon.observations import Observers, Served
from antiphon.server.answers import JSON, MERGE_PATCH
from antiphon.server.connection import Exchange
from antiphon.server.limits import LIMITS
from antiphon.server.requests import CALLER, WHOLE, Asked

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
PLAIN = {
    b"accept": frozenset({b"*/*", JSON.encode()}),
    b"content-type": frozenset({JSON.encode(), MERGE_PATCH.encode()}),
}
"""Values of headers with which a request is plain; with others it may ask for a stream, or bring one."""
SPECIAL = frozenset({b"antiphon-min-position", b"expect", b"transfer-encoding", b"upgrade"})
"""Headers with which it is not plain: it waits, or its body is of unknown length."""
LONGEST = 65_536
"""Bytes of a body that a plain request may have: it is whole before anything is done with it."""


class Direct:
    """Answers plain requests for records: those whose answer is one piece, and whose body is short.

    All others are for the ASGI application, which answers the plain ones just so under another server.
    `own` are the user's routes, which come first; `app` is what routes find in their scope.
    """

    def __init__(
        self,
        app: object,
        own: Sequence[BaseRoute],
        routes: Sequence[BaseRoute],
        observers: Observers,
        admission: Admission,
    ) -> None:
        self._app = app
        self._observers = observers
        self._admission = admission
        self._problems = Problems(observers)
        self._own = [route for route in own if isinstance(route, Route)]
        self._found = _by_place(routes) if len(self._own) == len(own) else {}

    def find(self, scope: Any) -> "Plain | None":
        """What answers the request with this head; None if it is not a plain one."""
        if scope["method"] not in METHODS:
            return None
        for name, value in scope["headers"]:
            if name in PLAIN:
                if value not in PLAIN[name]:
                    return None
            elif name in SPECIAL or (name == b"content-length" and int(value) > LONGEST):
                return None
        path = scope["path"]
        route, parameters = self._route(path)
        if route is None or any(each.path_regex.match(path) for each in self._own):
            return None
        if scope["method"] not in route.endpoint.methods:
            return None
        scope["app"] = self._app
        scope["route"] = route
        scope["path_params"] = parameters
        return Plain(self, route.endpoint)

    def _route(self, path: str) -> tuple[Any, dict[str, str]]:
        """The route of a path, and what its parameters are."""
        if (route := self._found.get((path, 0))) is not None:
            return route, {}
        head, _, last = path.rpartition("/")
        if "." in last or not last:  # a suffix, maybe
            return None, {}
        if (route := self._found.get((head, 1))) is not None:
            return route, {"id": last}
        head, _, id = head.rpartition("/")
        return self._found.get((head, 2)) if id else None, {"id": id, "action": last}

    def begin(self, endpoint: Endpoint, scope: Any) -> Coroutine[Any, Any, Any]:
        """Let the request in, and begin to answer; raises as `Admission` does."""
        self._admission(scope)
        return endpoint.answer(Asked(scope), endpoint.service())

    def refuse(self, error: Exception, scope: Any, request_id: str) -> Response:
        """The answer that tells what went wrong."""
        return self._problems(error, scope, request_id)

    def observe(self, scope: Any, request_id: str, status: int, started: float) -> None:
        """Tell that an answer was given."""
        caller = scope.get(CALLER)
        self._observers(
            Served(
                request_id,
                scope["method"],
                scope["path"],
                scope["route"].path,
                status,
                time.perf_counter() - started,
                None if caller is None else caller.id,
            )
        )


class Plain:
    """One plain request on its way: it steps through its coroutine whenever what that waits for is there."""

    __slots__ = ("_coroutine", "_direct", "_endpoint", "_exchange", "_id", "_scope", "_started")

    def __init__(self, direct: Direct, endpoint: Endpoint) -> None:
        self._direct = direct
        self._endpoint = endpoint

    def answer(self, scope: Any, body: bytes, exchange: Exchange) -> None:
        """Answer, now or once what the answer needs is there."""
        self._started = time.perf_counter()
        self._scope = scope
        self._exchange = exchange
        self._id = request_id_of(scope)
        scope[WHOLE] = body
        try:
            self._coroutine = self._direct.begin(self._endpoint, scope)
        except Exception as error:
            self._refuse(error)
        else:
            self._step()

    def _step(self, _: object = None) -> None:
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration as end:
            self._send(end.value)
        except Exception as error:
            self._refuse(error)
        else:  # as a task does with what its coroutine yields
            waits_for._asyncio_future_blocking = False
            waits_for.add_done_callback(self._step)

    def _refuse(self, error: Exception) -> None:
        self._send(self._direct.refuse(error, self._scope, self._id))

    def _send(self, response: Response) -> None:
        scope = self._scope
        headers = [*response.raw_headers, *scope.get(LIMITS, ()), (b"x-request-id", self._id.encode())]
        try:
            self._exchange.answer(response.status_code, headers, bytes(response.body))
        except ValueError as error:
            self._refuse(error)
            return
        self._direct.observe(scope, self._id, response.status_code, self._started)


def _by_place(routes: Sequence[BaseRoute]) -> dict[tuple[str, int], Route]:
    """Routes of records by what stands before their parameters, and how many of those there are."""
    found: dict[tuple[str, int], Route] = {}
    for route in routes:
        if isinstance(route, Route) and isinstance(route.endpoint, Endpoint) and "." not in route.path:
            place, *parameters = route.path.split("/{")
            found.setdefault((place, len(parameters)), route)
    places = {place for place, _ in found}
    nested = {place for place in places if any(each.startswith(place + "/") for each in places)}
    return {key: route for key, route in found.items() if key[0] not in nested}
