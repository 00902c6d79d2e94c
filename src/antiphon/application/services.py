"""Services: several applications at one address, in one process."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from antiphon import settings as settings_module
from antiphon.application.admission import Admission
from antiphon.application.answering import Answering
from antiphon.application.application import Application
from antiphon.application.direct_pages import DirectPages
from antiphon.application.dispatch import Dispatch
from antiphon.application.front import Front, answer_with_page
from antiphon.application.key_set import PATH as KEY_SET
from antiphon.application.lifespan import lifespan
from antiphon.application.operations_routes import operations_routes
from antiphon.application.worker import Worker
from antiphon.descriptions import description_routes, openapi
from antiphon.errors import DeclarationError, NotFound, SettingError, nearest
from antiphon.faces.html import Pages, Site
from antiphon.observations import Observers
from antiphon.observers import Logs
from antiphon.server.connection import Answers
from antiphon.server.limits import limits_of
from antiphon.settings import Settings

NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
HERE = "services"
SHARED = ("events", "health", "metrics", "docs", "openapi", HERE)
"""First segments of what the services have together."""


class Services:
    """Applications at one address, in one process; an ASGI application as each of them is.

    Each keeps its own store, log and positions. Its resources and routes are at the one address, where no
    other has the same first segment; and all of it, its log first, under `/services/NAME/`. Descriptions,
    health and metrics are of all together. Reactions to another's log follow it within the process, unless
    their application names another source. `settings` hold for all of them. `pages` are HTML pages over all
    of them, each of which is asked with its own eyes; those of an application alone are not shown here.

    Raises:
        DeclarationError: two have the same name or path; names both, and the remedy.
    """

    def __init__(
        self,
        *applications: Application,
        title: str = "",
        pages: Pages | None = None,
        settings: Settings | None = None,
    ) -> None:
        if not applications:
            raise DeclarationError("Services has no application.", "Give it some: Services(shop, stock).")
        self.applications = applications
        self.title = title or ", ".join(each.title for each in applications)
        self.settings = settings
        self.failure: Exception | None = None
        """Why the start failed, if it did."""
        self.worker: Worker | None = None
        """See `Application.worker`."""
        self._named = _named(applications)
        self._owners = _owners(applications)
        for each in applications:
            each.sources = self._named | each.sources
        self._admission = Admission()
        self._observers = Observers()
        self._document: bytes | None = None
        self._answering = Answering(self, Dispatch((), (), self._routes()), self._observers, self._admission)
        who = next((each for each in applications if each.admission.identifies), None)
        self._page_admission = Admission(None if who is None else who.part.identify)
        site = Site(pages or Pages(), [each.part for each in applications], self.title)
        answering = Answering(self, answer_with_page, self._observers, self._page_admission)
        self._front = Front(site, answering, self._rest)
        self._pages = DirectPages(
            site, self._observers, self._page_admission, [each.admission for each in applications]
        )
        for each in applications:
            each.direct.pages = self._pages

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._front(scope, receive, send)
        elif scope["type"] == "lifespan":
            await lifespan(self, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1001})

    async def _rest(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer what is not answered with a page."""
        root = scope.get("root_path", "")
        path = scope["path"].removeprefix(root)
        place = _place(path)
        found = self._owners.get(place)
        if found is None and place == HERE:
            name = path.split("/")[2] if path.count("/") > 1 else ""
            found = self._named.get(name)
            scope = {**scope, "root_path": f"{root}/{HERE}/{name}"} if found else scope
        await (found.answer if found else self._answering)(scope, receive, send)

    @property
    def direct(self) -> "Services":
        """What the server of `antiphon serve` answers by without an ASGI cycle, where it can."""
        return self

    def find(self, scope: Any) -> Answers | None:
        """What answers the request with this head; None if it is not a plain one to one of the services."""
        owner = self._owners.get(_place(scope["path"]))
        return self._pages.find(scope) if owner is None else owner.direct.find(scope)

    def current_settings(self) -> Settings:
        """The settings it was given, or else those of the environment; raises `SettingError`."""
        if self.settings is None:
            self.settings = settings_module.load()
        if self.settings.store:
            raise SettingError(
                f"The setting store has the value {self.settings.store!r}: one store, and there are "
                f"{len(self.applications)} services.",
                "Give a data folder, in which each has its own.",
            )
        return self.settings

    async def start(self, logs: Logs) -> None:
        """Start all, or none: if one cannot, those that did are stopped, and its error is raised."""
        settings = self.current_settings()
        self._observers.add(logs.observe)
        limits = limits_of(settings, None if self.worker is None else self.worker.limits)
        self._admission.limits = self._page_admission.limits = limits
        started: list[Application] = []
        try:
            for each in self.applications:
                each.settings = settings
                each.worker = self.worker
                await each.start(logs, limits)
                started.append(each)
        except BaseException:
            await _stop(started)
            raise

    def begin(self) -> None:
        """React, each to itself and to the others."""
        for each in self.applications:
            each.begin()

    async def stop(self) -> None:
        """Stop all, at the same time."""
        await _stop(self.applications)

    def drain(self) -> None:
        """Tell followers to come back later, and take no new ones."""
        for each in self.applications:
            each.drain()

    def _routes(self) -> list[BaseRoute]:
        logs = self._logs()

        async def events(request: Request) -> Any:
            raise NotFound("Each service here has its own log.", f"They are {', '.join(logs.values())}.")

        async def unknown(request: Request) -> Any:
            name = request.path_params.get("path", "").partition("/")[0]
            raise NotFound(f"There is no service {name[:80]!r} here.", nearest(name[:80], list(self._named)))

        return [
            Route("/events", events),
            Route(f"/{HERE}", unknown),
            Route(f"/{HERE}/{{path:path}}", unknown),
            *description_routes(self._openapi),
            *operations_routes(self.applications, self),
        ]

    def _logs(self) -> dict[str, str]:
        return {name: f"/{HERE}/{name}/events" for name in self._named}

    def _openapi(self) -> bytes:
        if self._document is None:
            document = openapi(
                tuple(chain.from_iterable(each.served for each in self.applications)),
                tuple(chain.from_iterable(each.routes for each in self.applications)),
                title=self.title,
                version="1",
                settings=self.current_settings(),
                logs=self._logs(),
                sign_in=any(each.signs_in for each in self.applications),
                key_set=any(each.tokens is not None for each in self.applications),
            )
            self._document = msgspec.json.encode(document)
        return self._document


async def _stop(applications: Sequence[Application]) -> None:
    await asyncio.gather(*(each.stop() for each in applications))


def _named(applications: Sequence[Application]) -> dict[str, Application]:
    found: dict[str, Application] = {}
    for each in applications:
        if not NAME.fullmatch(each.name) or each.name in found:
            what = "two applications have" if each.name in found else "an application has"
            raise DeclarationError(
                f"Of the services, {what} the name {each.name!r}.",
                'Give each its own, in lower case: Application(Task, name="tasks").',
            )
        found[each.name] = each
    return found


def _owners(applications: Sequence[Application]) -> dict[str, Application]:
    """Whose each place is."""
    found: dict[str, Application] = {}
    for each in applications:
        for path in _paths(each):
            place = _place(path)
            if "{" in place or not path.startswith("/"):
                raise DeclarationError(
                    f"The service {each.name} has a route at {path!r}, which may match what is another's.",
                    "Let it begin with a segment of its own, as /tasks/{id}.",
                )
            if place in SHARED:
                raise DeclarationError(
                    f"The service {each.name} has {path}, which the services have together.",
                    "Give it another path.",
                )
            if found.setdefault(place, each) is not each:
                raise DeclarationError(
                    f"The services {found[place].name} and {each.name} both have {path}.",
                    "Give one of them another path.",
                )
    for each in applications:
        if each.tokens is not None and found.setdefault(KEY_SET, each).tokens is not each.tokens:
            raise DeclarationError(
                f"The services {found[KEY_SET].name} and {each.name} both have {KEY_SET}.",
                "Give them the same Tokens.",
            )
    return found


def _paths(application: Application) -> Iterator[str]:
    for declaration in application.served:
        yield from declaration.paths
    for route in application.routes:
        yield route.path if isinstance(route, Route) else str(getattr(route, "path", ""))


def _place(path: str) -> str:
    """What decides whose a path is: its first segment; below `/.well-known` (RFC 8615) all of it."""
    first = path[1:].partition("/")[0]
    return path if first.startswith(".") else first.partition(".")[0]
