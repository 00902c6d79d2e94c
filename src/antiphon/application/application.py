"""The application: declared resources as an ASGI application."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from antiphon import settings as settings_module
from antiphon.access import Membership, Tokens, Verifier, check_access, is_private
from antiphon.application.admission import Admission, PageAdmission
from antiphon.application.answering import Answering
from antiphon.application.connection import Connection
from antiphon.application.direct import Direct
from antiphon.application.direct_pages import DirectPages
from antiphon.application.dispatch import Dispatch
from antiphon.application.endpoints import Collection, Record, RecordAction
from antiphon.application.front import Front, answer_with_page
from antiphon.application.key_set import key_set_route
from antiphon.application.lifespan import lifespan
from antiphon.application.operations_routes import operations_routes
from antiphon.application.tasks import Task, Tasks, check_tasks
from antiphon.application.worker import Worker
from antiphon.descriptions import description_routes, openapi
from antiphon.errors import DeclarationError, Unavailable
from antiphon.faces.events import events
from antiphon.faces.html import Pages, Part, Site
from antiphon.log import Position
from antiphon.observations import Observers
from antiphon.observers import Logs, Metrics
from antiphon.operations import NOBODY, Command, Rights, Service
from antiphon.operations.react import Reaction, Reactions, check_reactions
from antiphon.queries import defaults, simple_query
from antiphon.resources import Declaration, R, Resource, declare
from antiphon.server.callers import Identify
from antiphon.server.key_sets import KeySets
from antiphon.server.limits import Limits, limits_of
from antiphon.server.requests import context_of
from antiphon.settings import Settings
from antiphon.store import open_store

T = TypeVar("T")
TAKEN = ("/events", "/health", "/metrics", "/docs", "/live")
"""Paths that are Antiphon's own."""


class Application:
    """Resources that can be asked for and followed; an ASGI application for any ASGI server.

    `name` names the service, and its file in the data folder. `routes` are Starlette routes of your own;
    they come before Antiphon's, and what the docstrings of their endpoints say is in the description.
    `identify` tells who asks: `Tokens` of its own, an `Issuer` elsewhere, `Callers` for several, or a
    function of the request's scope. Without it nobody is known. `groups` makes groups of records; a record
    of the resource `revocations` ends the session whose id it has.
    `reactions` are those that `react` made; `sources` says where the logs of the other services are that they
    react to, by their names: an `Application` that runs in this process. `Services` knows those beside it.
    `tasks` are async functions of the application that run while it serves, as `async def tidy(app)`: they
    are cancelled at the stop, begun again after a pause when they fail, and done when they return.
    `pages` are HTML pages of your own, beside those that each resource has.

    Raises:
        DeclarationError: a resource or a reaction is declared wrongly; names it and the remedy.
    """

    def __init__(
        self,
        *resources: type[Resource],
        name: str = "antiphon",
        title: str = "",
        routes: Sequence[BaseRoute] = (),
        identify: Identify | Verifier | None = None,
        groups: Membership | None = None,
        revocations: type[Resource] | None = None,
        reactions: Sequence[Reaction] = (),
        sources: Mapping[str, Any] | None = None,
        tasks: Sequence[Task] = (),
        pages: Pages | None = None,
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
            defaults(declaration)
        self.served = tuple(each for each in self.declarations if not is_private(each))
        """What clients may do something with; the rest is the application's own, and has no address."""
        if not self.served:
            raise DeclarationError(f"Nobody may do anything with {name}.", "Give it a resource to serve.")
        self._rights = Rights(groups, None if revocations is None else declare(revocations))
        self._refuse_foreign(groups, revocations)
        self.reactions: tuple[Reaction, ...] = check_reactions(reactions, self.declarations)
        self.sources: dict[str, Any] = dict(sources or {})
        self.settings = settings
        self.observers = Observers()
        self._tasks = Tasks(check_tasks(tasks), self.observers)
        self.failure: Exception | None = None
        """Why the start failed, if it did."""
        self.worker: Worker | None = None
        """What this process has in common with the others that serve it, if there are any."""
        self._service: Service | None = None
        self._document: bytes | None = None
        self.routes = tuple(routes)
        self._admission = Admission(identify, self._rights)
        self._page_admission = PageAdmission(identify, self._rights)
        records, rest = self._routes()
        self.answer = Answering(self, Dispatch(routes, records, rest), self.observers, self._admission)
        """What answers everything but pages: an ASGI application for HTTP."""
        site = Site(pages or Pages(), (self.part,), self.title)
        answering = Answering(self, answer_with_page, self.observers, self._page_admission)
        self._front = Front(site, answering, self.answer)
        self.direct = Direct(self, routes, [*records, *rest], self.observers, self._admission)
        """What the server of `antiphon serve` answers by without an ASGI cycle, where it can."""
        self.direct.pages = DirectPages(site, self.observers, self._page_admission, (self._page_admission,))

    @property
    def applications(self) -> "tuple[Application, ...]":
        """Itself, as the one there is; see `Services`."""
        return (self,)

    @property
    def part(self) -> Part:
        """Itself, as pages ask it."""
        return Part(
            self.name,
            self.title,
            self.served,
            self.routes,
            lambda: self.service,
            self._page_admission.caller,
        )

    @property
    def admission(self) -> Admission:
        """What finds out who asks."""
        return self._admission

    @property
    def tokens(self) -> Tokens | None:
        """Those of its own that it knows callers by, if there are any."""
        return self._admission.tokens

    @property
    def signs_in(self) -> bool:
        """Whether tokens say who asks."""
        return bool(self._admission.callers.believed)

    @property
    def service(self) -> Service:
        """The running service; raises `Unavailable` before the start."""
        if self._service is None:
            raise Unavailable(f"The service {self.name} has not started.", "Run the application's lifespan.")
        return self._service

    async def get(self, resource: type[R], id: str) -> R:
        """The record with this id, in a running server, whoever may see it; raises `NotFound`."""
        declaration = declare(resource)
        stored, _ = await self.service.stored(declaration, id)
        return declaration.decode(stored)

    async def find(self, resource: type[R], **equals: Any) -> R | None:
        """The first record, by id, whose fields equal these, in a running server; None if there is none."""
        query = simple_query(resource, "", equals)
        found = await self.service.reader.run(lambda snapshot: snapshot.page(query, 1))
        return query.declaration.decode(found[0]) if found else None

    async def write(self, command: Command[T], request: Request | None = None) -> tuple[T, Position]:
        """Run `command` in one transaction, in a running server, for whoever sent `request`.

        Returns its result, and the position after it; durable then. What it raises is raised here.
        """
        return await self.service.write(command, NOBODY if request is None else context_of(request))

    @contextmanager
    def connect(self, folder: str | Path) -> Iterator[Connection]:
        """Read and write the application's data in this process, without serving it."""
        store = open_store(folder, self.name, self.declarations, self.current_settings(), self.observers)
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
            await self._front(scope, receive, send)
        elif scope["type"] == "lifespan":
            await lifespan(self, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1001})

    def current_settings(self) -> Settings:
        """The settings it was given, or else those of the environment."""
        if self.settings is None:
            self.settings = settings_module.load()
        return self.settings

    async def start(self, logs: Logs, limits: Limits | None = None) -> None:
        """Open the store and begin to serve; what happens is written to `logs` under its name.

        `limits` are those it shares with others.

        Raises:
            StoreError: the store cannot be used as it is.
            DeclarationError: a reaction's source is not named.
        """
        settings = self.current_settings()
        self.observers.add(logs.of(self.name))
        if self.tokens is not None:
            self.tokens.settle(settings.data)
        limits = limits or limits_of(settings, None if self.worker is None else self.worker.limits)
        self._admission.limits = self._page_admission.limits = limits
        place = settings.store or settings.data
        store = open_store(place, self.name, self.declarations, settings, self.observers)
        try:
            bus = None if self.worker is None else self.worker.bus()
            service = Service(
                self.name, self.declarations, store, settings, self.observers, self._rights, bus
            )
            self._reacting = Reactions(self.reactions if self._acts else (), self.sources, service)
            await service.start()
        except BaseException:
            store.close()
            raise
        self.metrics = Metrics(lambda: service.live.number, self._reacting.figures)
        self.observers.add(self.metrics.observe)
        self._service = service
        self._key_sets = KeySets(self._admission.callers.issuers, self.observers)
        self._key_sets.start()

    def begin(self) -> None:
        """React and begin the tasks, once all that runs in this process has started."""
        self._reacting.start()
        if self._acts:
            self._tasks.start(self)

    @property
    def _acts(self) -> bool:
        """Whether reactions and tasks are for this process: of several workers, the first has them."""
        return self.worker is None or self.worker.place == 0

    async def stop(self) -> None:
        """Finish what is in flight, and let go of the store."""
        await self._tasks.stop(self.current_settings().drain_seconds)
        await self._reacting.stop()
        await self._key_sets.stop()
        await self.service.stop()
        self._service = None

    def _routes(self) -> tuple[list[BaseRoute], list[BaseRoute]]:
        """The addresses of records, and the rest."""

        async def log_events(request: Request) -> Any:
            return await events(request, self.service)

        records: list[BaseRoute] = []
        rest: list[BaseRoute] = []
        for declaration in self.served:
            collection = Collection(lambda: self.service, declaration)
            record = Record(lambda: self.service, declaration)
            actions = RecordAction(lambda: self.service, declaration)
            for path in declaration.paths:
                records += [
                    Route(path, collection),
                    Route(path + ".{suffix}", collection),
                    Route(path + "/{id}", record),
                ]
                rest.append(Route(path + "/{id}/{action}", actions))
        rest += [
            Route("/events", log_events),
            *description_routes(self._openapi),
            *operations_routes((self,), self),
        ]
        if self.tokens is not None:
            rest.append(key_set_route(self.tokens))
        return records, rest

    def _openapi(self) -> bytes:
        if self._document is None:
            document = openapi(
                self.served,
                self.routes,
                title=self.title,
                version="1",
                settings=self.current_settings(),
                sign_in=self.signs_in,
                key_set=self.tokens is not None,
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
                if path in taken or path in TAKEN:
                    raise DeclarationError(
                        f"{declaration.name} has the path {path}, which {taken.get(path, 'Antiphon')} has.",
                        'Give it another: class X(Resource, path="/y").',
                    )
                taken[path] = declaration.name
