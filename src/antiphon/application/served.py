"""What is observed of an answer, whichever way it was given."""

import time
from typing import Any

from antiphon.observations import Served
from antiphon.server.requests import CALLER


def served(scope: Any, request_id: str, status: int, started: float) -> Served:
    """That a request was answered; it `started` at that time of `perf_counter`."""
    route = scope.get("route")
    caller = scope.get(CALLER)
    return Served(
        request_id,
        scope["method"],
        scope["path"],
        "" if route is None else route.path,
        status,
        time.perf_counter() - started,
        None if caller is None else caller.id,
    )
