"""Answering directly: plain requests, without an ASGI cycle and without a task."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from weakref import ref

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.application.admission import Admission
from antiphon.application.again import Again
from antiphon.application.direct_pages import DirectPages
from antiphon.application.endpoints import Endpoint
from antiphon.application.problems import Problems, request_id_of
from antiphon.application.served import served
from antiphon.observations import Observers
from antiphon.server.answers import JSON, MERGE_PATCH, Found
from antiphon.server.connection import Answers, Exchange
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
POSITION = b"antiphon-position"


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
        self.pages: DirectPages | None = None
        """What answers those who like HTML better, where a page is kept."""
        self._own = [route for route in own if isinstance(route, Route)]
        self._found = _by_place(routes) if len(self._own) == len(own) else {}

    def find(self, scope: Any) -> Answers | None:
        """What answers the request with this head; None if it is not a plain one."""
        if scope["method"] not in METHODS:
            return None
        for name, value in scope["headers"]:
            if name in PLAIN:
                if value not in PLAIN[name]:
                    return None if self.pages is None else self.pages.find(scope)
            elif name in SPECIAL or (name == b"content-length" and int(value) > LONGEST):
                return None
        path = scope["path"]
        route, parameters = self._route(path)
        if route is None or (self._own and any(each.path_regex.match(path) for each in self._own)):
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

    def admit(self, scope: Any) -> None:
        """Let the request in, or raise; see `Admission`."""
        self._admission(scope)

    def lets_in(self, scope: Any) -> bool:
        """See `Admission`."""
        return self._admission.lets_in(scope)

    def refuse(self, error: BaseException, scope: Any, request_id: str) -> Response:
        """The answer that tells what went wrong."""
        return self._problems(error, scope, request_id)

    def observe(self, scope: Any, request_id: str, status: int, started: float) -> None:
        """Tell that an answer was given."""
        self._observers(served(scope, request_id, status, started))


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
            self._direct.admit(scope)
            self._coroutine: Any = self._endpoint.answer(Asked(scope), self._endpoint.service())
        except Exception as error:
            self._refuse(error)
        else:
            self._step()

    def _step(self, _: object = None) -> None:
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration as end:
            self._send(end.value)
        except (Exception, asyncio.CancelledError) as error:
            self._refuse(error)
        else:  # as a task does with what its coroutine yields
            waits_for._asyncio_future_blocking = False
            waits_for.add_done_callback(self._step)

    def _refuse(self, error: BaseException) -> None:
        self._send(self._direct.refuse(error, self._scope, self._id))

    def _send(self, response: Response) -> None:
        scope = self._scope
        headers = [*response.raw_headers, *scope.get(LIMITS, ()), (b"x-request-id", self._id.encode())]
        again = None
        if type(response) is Found and response.answer.kept:
            again = RecordsAgain(self._direct, self._endpoint, scope, response)
        try:
            self._exchange.answer(response.status_code, headers, bytes(response.body), again)
        except ValueError as error:
            self._refuse(error)
            return
        self._direct.observe(scope, self._id, response.status_code, self._started)


class RecordsAgain(Again):
    """Answers with records, and the newest position."""

    __slots__ = ("_answer", "_answers", "_caller", "_position")

    def __init__(self, direct: Direct, endpoint: Endpoint, scope: Any, response: Found) -> None:
        super().__init__(direct, scope, response, POSITION)
        service = endpoint.service()
        self._answers = service.answers
        self._answer = ref(response.answer)
        self._caller = scope.get(CALLER)
        self._position = b"%b: %b-" % (POSITION, service.incarnation.encode())

    def find(self) -> tuple[bytes, bytes] | None:
        answer = self._answer()
        if answer is None or not self._answers.holds(answer):
            return None
        return b"%b%d\r\n" % (self._position, answer.number), answer.body

    def is_for(self, scope: Any) -> bool:
        return bool(scope.get(CALLER) == self._caller)


def _by_place(routes: Sequence[BaseRoute]) -> dict[tuple[str, int], Route]:
    """Routes of records by what stands before their parameters, and how many of those there are."""
    found: dict[tuple[str, int], Route] = {}
    for route in routes:
        if isinstance(route, Route) and isinstance(route.endpoint, Endpoint) and "." not in route.path:
            place, *parameters = route.path.split("/{")
            found.setdefault((place, len(parameters)), route)
    return found
