"""Dispatch: from a request's path to the route that answers, and what is said where none does."""

from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router

from antiphon.errors import MethodNotAllowed, NotFound, Problem
from antiphon.server.answers import problem_response


class Dispatch:
    """An ASGI application that tries the user's `own` routes, then those of `records`, and then the rest.

    A route of the user's at the address of records takes its methods there, and leaves the others. Routes
    are kept by the first segment of the path, so that a request is tried on few.
    """

    def __init__(
        self, own: Sequence[BaseRoute], records: Sequence[BaseRoute], rest: Sequence[BaseRoute]
    ) -> None:
        first = (*own, *records)
        self._routers = {
            segment: _router(_in(segment, first), _router(_in(segment, rest), _nowhere))
            for segment in {"", *map(_segment, first), *map(_segment, rest)}
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        router = self._routers.get(path[1:].partition("/")[0].partition(".")[0]) or self._routers[""]
        await router(scope, receive, send)


def _router(routes: list[BaseRoute], rest: Any) -> Any:
    """Tries `routes`, then `rest`. One whose path alone matches answers too: with 405."""
    return Router(routes, redirect_slashes=False, default=rest) if routes else rest


def _in(segment: str, routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    return [route for route in routes if _segment(route) in ("", segment)]


def _segment(route: BaseRoute) -> str:
    """The first segment of the only paths that a route matches, without a suffix; "" if there are others."""
    found = route.path[1:].partition("/")[0].partition(".")[0] if isinstance(route, Route) else ""
    return "" if "{" in found else found


async def _nowhere(scope: Any, receive: Any, send: Any) -> None:
    raise NotFound(f"There is nothing at {scope['path'][:200]}.", "See /openapi.json for what there is.")


def told(error: HTTPException, scope: Any, request_id: str) -> Response:
    """What Starlette's routes say, in our form; and OPTIONS, which they leave out."""
    headers = dict(error.headers or {})
    if error.status_code == 405:
        allowed = headers.get("Allow", "GET, HEAD").split(", ")
        headers["Allow"] = ", ".join([*sorted(allowed), "OPTIONS"])
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers=headers)
        return problem_response(
            MethodNotAllowed(
                f"{scope['method'][:20]} does not apply to {scope['path'][:200]}.",
                f"Use one of: {headers['Allow']}.",
                headers=headers,
            ),
            request_id,
        )
    made = type("Problem", (Problem,), {"status": error.status_code, "title": error.detail})
    return problem_response(made(error.detail, headers=headers), request_id)
