"""The application: declared resources as an ASGI application."""

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, Route

from antiphon import settings as settings_module
from antiphon.access import Membership, check_access
from antiphon.application.connection import Connection
from antiphon.application.dispatch import Dispatch, told
from antiphon.application.endpoints import Collection, Record, RecordAction
from antiphon.application.operations_routes import operations_routes
from antiphon.descriptions import description_routes, openapi
from antiphon.errors import (
    DeclarationError,
    HttpVersion,
    Internal,
    Problem,
    Unavailable,
)
from antiphon.faces.events import events
from antiphon.observations import Failed, Observers, Served
from antiphon.observers import Logs, Metrics
from antiphon.operations import Rights, Service
from antiphon.operations.react import Reaction, Reactions, check_reactions
from antiphon.resources import Declaration, R, Resource, declare
from antiphon.server.answers import problem_response
from antiphon.server.callers import Identify
from antiphon.server.connection import EXTENSION
from antiphon.server.connection import Connection as Socket
from antiphon.server.requests import CALLER
from antiphon.server.serve import run
from antiphon.settings import Settings
from antiphon.store import hold, open_store

# A random text a request would cost more than all else that is done for it here.
_PROCESS = secrets.token_hex(5)
_COUNT = itertools.count(1)


class Application:
    """Resources that can be asked for and followed; an ASGI application for any ASGI server.

    `name` names the service, and its file in the data folder. `routes` are Starlette routes of your own;
    they come before Antiphon's, and what the docstrings of their endpoints say is in the description.
    `identify` tells who asks, from the request's scope; without it nobody is known. `groups` makes groups of
    records; a record of the resource `revocations` ends the session whose id it has.
    `reactions` are those that `react` made; `sources` says where the logs of the other services are that they
    react to, by their names: an `Application` that runs in this process.

    Raises:
        DeclarationError: a resource or a reaction is declared wrongly; names it and the remedy.
    """

    def __init__(
        self,
        *resources: type[Resource],
        name: str = "antiphon",
        title: str = "",
        routes: Sequence[BaseRoute] = (),
        identify: Identify | None = None,
        groups: Membership | None = None,
        revocations: type[Resource] | None = None,
        reactions: Sequence[Reaction] = (),
        sources: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
    ) -> None:
        if not resources:
            raise DeclarationError("The application has no resource.", "Give it one: Application(Task).")
        self.name = name
        self.title = title or name.title()
        self.declarations: tuple[Declaration[Any], ...] = tuple(declare(each) for each in resources)
        self._refuse_clashes()
        for declaration in self.declarations:
            check_access(declaration)
        self._rights = Rights(groups, None if revocations is None else declare(revocations))
        self._refuse_foreign(groups, revocations)
        self.reactions: tuple[Reaction, ...] = check_reactions(reactions, self.declarations)
        self.sources: dict[str, Any] = dict(sources or {})
        self.settings = settings
        self.observers = Observers()
        self.failure: Exception | None = None
        """Why the start failed, if it did."""
        self._service: Service | None = None
        self._document: bytes | None = None
        self._own = tuple(routes)
        self._identify = identify
        self._dispatch = Dispatch(routes, self._routes())

    @property
    def service(self) -> Service:
        """The running service; raises `Unavailable` before the start."""
        if self._service is None:
            raise Unavailable("The service has not started.", "Run the application's lifespan.")
        return self._service

    async def get(self, resource: type[R], id: str) -> R:
        """The record with this id, in a running server, whoever may see it; raises `NotFound`."""
        declaration = declare(resource)
        stored, _ = await self.service.stored(declaration, id)
        return declaration.decode(stored)

    @contextmanager
    def connect(self, folder: str | Path) -> Iterator[Connection]:
        """Read and write the application's data in this process, without serving it."""
        store = open_store(folder, self.name, self.declarations, self._settings(), self.observers)
        try:
            yield Connection(store)
        finally:
            store.close()

    def drain(self) -> None:
        """Tell followers to come back later, and take no new ones."""
        if self._service is not None:
            self._service.draining = True
            self._service.live.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1001})

    def _settings(self) -> Settings:
        if self.settings is None:
            self.settings = settings_module.load()
        return self.settings

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        settings = self._settings()
        place = settings.store or settings.data
        logs = Logs(settings.log_format, settings.log_level)
        self.observers.add(logs.observe)
        logging.getLogger().addHandler(logs)
        try:
            store = open_store(place, self.name, self.declarations, settings, self.observers)
            service = Service(self.name, self.declarations, store, settings, self.observers, self._rights)
            reacting = Reactions(self.reactions, self.sources, service)
            await service.start()
        except Exception as error:
            self.failure = error
            logging.getLogger().removeHandler(logs)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        self.metrics = Metrics(lambda: service.live.number, reacting.figures)
        self.observers.add(self.metrics.observe)
        self._service = service
        reacting.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await reacting.stop()
        await service.stop()
        self._service = None
        logging.getLogger().removeHandler(logs)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        started = time.perf_counter()
        scope["app"] = self
        request_id = _request_id(scope)
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
                message["headers"] = [*message["headers"], (b"x-request-id", encoded_id)]
                route = scope.get("route")
                self.observers(
                    Served(
                        request_id,
                        scope["method"],
                        scope["path"],
                        "" if route is None else route.path,
                        status,
                        time.perf_counter() - started,
                        None if (caller := scope.get(CALLER)) is None else caller.id,
                    )
                )
            elif head:
                message["body"] = b""
            try:
                await send(message)
            except RuntimeError as error:  # raised by uvloop for a socket that the client has just reset
                if connection is None or not connection.closing:
                    raise
                raise ClientDisconnect from error

        try:
            if self._identify is not None:
                scope[CALLER] = who = self._identify(scope)
                self._rights.require_open(who)
            await self._dispatch(scope, receive, send_noted)
        except Problem as problem:
            if status:
                raise
            await problem_response(problem, request_id)(scope, receive, send_noted)
        except HTTPException as error:  # raised by Starlette's routes
            if status:
                raise
            await told(error, scope, request_id)(scope, receive, send_noted)
        except ClientDisconnect:
            pass
        except asyncio.CancelledError:  # the time to finish what is in flight is over
            if status:
                raise
            stopped = Unavailable("The service stops.", "Try again.", headers={"Retry-After": "1"})
            await problem_response(stopped, request_id)(scope, receive, send_noted)
        except Exception as error:
            self.observers(Failed(request_id, error))
            if status:
                raise
            unknown = Internal(
                "The request could not be answered.", f"The log has the cause, under the id {request_id}."
            )
            await problem_response(unknown, request_id)(scope, receive, send_noted)

    def _routes(self) -> list[BaseRoute]:
        async def log_events(request: Request) -> Any:
            return await events(request, self.service)

        found: list[BaseRoute] = []
        for declaration in self.declarations:
            collection = Collection(lambda: self.service, declaration)
            record = Record(lambda: self.service, declaration)
            actions = RecordAction(lambda: self.service, declaration)
            for path in declaration.paths:
                found += [
                    Route(path, collection),
                    Route(path + ".{suffix}", collection),
                    Route(path + "/{id}", record),
                    Route(path + "/{id}/{action}", actions),
                ]
        found += [
            Route("/events", log_events),
            *description_routes(self._openapi),
            *operations_routes(self),
        ]
        return found

    def _openapi(self) -> bytes:
        if self._document is None:
            document = openapi(
                self.declarations, self._own, title=self.title, version="1", settings=self._settings()
            )
            self._document = msgspec.json.encode(document)
        return self._document

    def _refuse_foreign(self, groups: Membership | None, revocations: type[Resource] | None) -> None:
        membership = None if groups is None else groups.declaration.resource
        for what, resource in (("groups", membership), ("revocations", revocations)):
            if resource is not None and declare(resource) not in self.declarations:
                raise DeclarationError(
                    f"{what} is of {resource.__name__}, which is not served here.",
                    f"Give {resource.__name__} to the Application too.",
                )

    def _refuse_clashes(self) -> None:
        taken: dict[str, str] = {}
        for declaration in self.declarations:
            for path in declaration.paths:
                if path in taken or path in ("/events", "/health", "/metrics", "/docs"):
                    raise DeclarationError(
                        f"{declaration.name} has the path {path}, which {taken.get(path, 'Antiphon')} has.",
                        'Give it another: class X(Resource, path="/y").',
                    )
                taken[path] = declaration.name


def _streams(start: Any) -> bool:
    """Whether the end of the answer that begins so shows by chunks alone."""
    lengths = (name for name, _ in start["headers"] if name.lower() == b"content-length")
    return start["status"] not in (204, 304) and next(lengths, None) is None


def _request_id(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and len(value) <= 128 and value.isascii() and value.decode().isprintable():
            return str(value.decode())
    return f"{_PROCESS}-{next(_COUNT):x}"


def serve(app: Application, settings: Settings | None = None) -> bool:
    """Run `app` until a signal comes; prints `listening on http://H:N` once it answers. Whether it started.

    Raises:
        SettingError: the address cannot be listened on.
        StoreError: another server has the data, or they cannot be used as they are.
    """
    if settings is not None:
        app.settings = settings
    chosen = app._settings()
    paths = " ".join(each.path for each in app.declarations)
    banner = f"{app.name}: {paths} · log at /events · description at /docs · data in {chosen.data}"
    with hold(chosen.store or chosen.data, app.name):
        try:
            return run(app, chosen, banner)
        except SystemExit:
            if app.failure is not None:
                raise app.failure from None
            raise
