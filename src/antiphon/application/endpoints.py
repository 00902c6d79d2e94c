"""Which face answers which method and representation at a resource's addresses."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import MethodNotAllowed, NotFound
from antiphon.faces import ndjson, rest_read, rest_write, sse
from antiphon.operations import Service
from antiphon.resources import Declaration
from antiphon.server.answers import EVENT_STREAM, JSON, MERGE_PATCH, NDJSON, Found
from antiphon.server.bodies import media_type
from antiphon.server.connection import EXTENSION, Connection
from antiphon.server.negotiation import choose
from antiphon.server.requests import Asked
from antiphon.server.writes import action_of

SUFFIXES = {"json": JSON, "ndjson": NDJSON}
COLLECTION_OFFERS = (JSON, NDJSON, EVENT_STREAM)


class Endpoint:
    """An ASGI application for one kind of address of one resource."""

    methods: tuple[str, ...]

    def __init__(self, service: Callable[[], Service], declaration: Declaration[Any]) -> None:
        self.service = service
        self._declaration = declaration

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Asked(scope, receive)
        self.find(request)
        if request.method not in self.methods:
            response: Any = self._other(request)
        else:
            response = await self.answer(request, self.service())
        connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
        if connection is not None and type(response) in (Response, Found):
            with connection.together():
                await response(scope, receive, send)
        else:
            await response(scope, receive, send)

    def find(self, request: Request) -> None:
        """Raise `NotFound` if there is nothing at the address, whatever the method."""

    async def answer(self, request: Request, service: Service) -> Any:
        """Answer one of `methods`."""
        raise NotImplementedError

    def _other(self, request: Request) -> Response:
        allow = {"Allow": ", ".join(self.methods)}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={**allow, "Accept-Patch": MERGE_PATCH})
        raise MethodNotAllowed(
            f"{request.method[:20]} does not apply to {request.url.path[:200]}.",
            f"Use one of: {allow['Allow']}.",
            headers=allow,
        )


class Collection(Endpoint):
    """`/songs`, `/songs.json`, `/songs.ndjson`."""

    methods = ("GET", "HEAD", "POST", "PUT", "OPTIONS")

    async def answer(self, request: Request, service: Service) -> Any:
        declaration = self._declaration
        suffix = request.path_params.get("suffix")
        if request.method == "OPTIONS":
            return self._other(request)
        if request.method in ("GET", "HEAD"):
            match chosen(request, suffix, COLLECTION_OFFERS):
                case "text/event-stream":
                    return await sse.follow_collection(request, service, declaration)
                case "application/x-ndjson":
                    return await ndjson.export(request, service, declaration)
                case _:
                    return await rest_read.read_page(request, service, declaration)
        if media_type(request, (JSON, NDJSON)) == NDJSON:
            named = request.method == "PUT"
            return await ndjson.take(request, service, declaration, named=named)
        if request.method == "PUT":
            return await rest_write.put_many(request, service, declaration)
        return await rest_write.create(request, service, declaration)


class Record(Endpoint):
    """`/songs/{id}`, `/songs/{id}.json`."""

    methods = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")

    async def answer(self, request: Request, service: Service) -> Any:
        declaration = self._declaration
        id, dot, suffix = request.path_params["id"].partition(".")
        match request.method:
            case "OPTIONS":
                return self._other(request)
            case "GET" | "HEAD":
                chosen(request, suffix if dot else None, (JSON,))
                return await rest_read.read_record(request, service, declaration, id)
            case "PUT":
                return await rest_write.put(request, service, declaration, request.path_params["id"])
            case "PATCH":
                return await rest_write.patch(request, service, declaration, request.path_params["id"])
            case _:
                return await rest_write.delete(request, service, declaration, request.path_params["id"])


class RecordAction(Endpoint):
    """`/songs/{id}/NAME`."""

    methods = ("POST", "OPTIONS")

    def find(self, request: Request) -> None:
        action_of(self._declaration, request.path_params["action"])

    async def answer(self, request: Request, service: Service) -> Any:
        name = request.path_params["action"]
        if request.method == "OPTIONS":
            return self._other(request)
        return await rest_write.act(request, service, self._declaration, request.path_params["id"], name)


def chosen(request: Request, suffix: str | None, offers: tuple[str, ...]) -> str:
    """The representation that a suffix names or the client accepts; raises `NotFound`, `NotAcceptable`."""
    if suffix is None:
        return choose(request.headers.get("accept", "*/*"), offers)
    found = SUFFIXES.get(suffix)
    if found not in offers:
        raise NotFound(
            f"There is no representation {suffix[:40]!r} here.", f"Known suffixes: {', '.join(SUFFIXES)}."
        )
    return found
