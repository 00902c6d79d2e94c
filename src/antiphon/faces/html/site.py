"""The site: which requests are answered with pages, and how."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from antiphon.access import ANYONE
from antiphon.errors import DeclarationError, NotFound, Problem
from antiphon.faces.html.ask import Ask, Posted, url_of, whole
from antiphon.faces.html.here import Here
from antiphon.faces.html.kept import KeptPages, Rendered
from antiphon.faces.html.pace import Pace
from antiphon.faces.html.pages import Pages, View
from antiphon.faces.html.parts import CALLERS, Part, Parts
from antiphon.faces.html.posting import Posting
from antiphon.faces.html.resource_views import resource_views
from antiphon.faces.html.static import PREFIX, Static
from antiphon.faces.html.stream import PageStream
from antiphon.faces.html.templates import Templates
from antiphon.faces.html.turns import Turns
from antiphon.observations import Failed
from antiphon.server.answers import freshness
from antiphon.server.connection import EXTENSION, Connection
from antiphon.server.cookies import FORGET
from antiphon.server.negotiation import wants_page
from antiphon.server.preconditions import content_tag, unchanged
from antiphon.server.requests import CALLER, Asked

LIVE = "/live"
MEDIA_TYPE = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing from elsewhere, and no script or style within a page."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

ANY = "{"
"""Stands for the first segment of paths that begin with a parameter."""
PAGES = 4
"""The part of the room for answers that pages may take, beside those."""

Endpoint = Callable[[Any, Any, Any], Awaitable[None]]


class Site:
    """The pages of one or several services at one address.

    Raises:
        DeclarationError: a template or a page cannot work; names it.
    """

    def __init__(self, pages: Pages, parts: Sequence[Part], title: str) -> None:
        self.title = title
        self.parts = Parts(parts)
        own = not (pages.templates or pages.static or pages.filters)
        self.static, self.templates = _toolkits() if own else _made(pages)
        self._commons = tuple(pages.commons)
        self._routes = [route for part in parts for route in part.routes if _may_read(route)]
        views = (*pages.views, *resource_views(self.parts))
        for view in views:
            self.templates.require(view.templates)
        self._views = _by_segment(sorted(views, key=_breadth))
        self.kept = KeptPages()
        self._turns = Turns()
        self.post = Posting(self.parts, self)
        self._pace = Pace()
        self._stream = PageStream(self.parts, self._turns, self)

    def find(self, scope: Any) -> Endpoint | None:
        """What answers a request with a page, or for one; None if it is none of such."""
        path, method = scope["path"], scope["method"]
        if path.startswith(PREFIX) and path in self.static:
            return self.static
        if path == LIVE and method in ("GET", "HEAD") and b"page=" in scope["query_string"]:
            return self._stream
        if (
            method in ("GET", "HEAD")
            and wants_page(scope)
            and self.has(path)
            and not self._names_another(path)
        ):
            return self._show
        return None

    async def page(self, scope: Any, posted: Posted | None = None) -> Rendered:
        """The page at a request's path; raises `NotFound`, and what its view does."""
        path = scope["path"]
        found = self._match(path)
        if found is None:
            raise NotFound(f"There is no page at {path[:200]}.", "Begin at /.")
        view, parameters = found
        scope["route"] = view
        ask = Ask(self.parts, scope, parameters, posted)

        async def make() -> Rendered:
            return await self._render(view, ask)

        if posted is not None:
            return await make()
        settings = next(iter(self.parts)).service().settings
        self.kept.bound = settings.answer_bytes // PAGES
        return await self.kept.find(ask.url, scope, make)

    async def again(self, scope: Any, who: str) -> Rendered:
        """The same for one who has it open, and can wait: `who` shares its turns among all that it has."""
        if (kept := self.kept.get(url_of(scope), scope)) is not None:
            return kept
        async with self._pace.turn(who):
            return await self.page(scope)

    async def problem(self, scope: Any, document: dict[str, Any]) -> bytes:
        """The page that tells of a problem, whatever may be wrong with the program's own templates."""
        document = whole(document)
        nobody = {CALLER: ANYONE, CALLERS: {each.name: ANYONE for each in self.parts}, "query_string": b""}
        for more in ({}, nobody):  # what was wrong may be what says who asks, or what for
            if not more and document["status"] == 401:
                continue
            try:
                ask = Ask(self.parts, {**scope, "method": "GET", **more}, {})
                context = await self._common(ask)
                context |= {"here": Here(ask, self.title, live=False), "problem": document}
                return self.templates.render(("problem.html",), context)[0].encode()
            except Problem:
                continue
            except Exception as error:
                next(iter(self.parts)).service().observers(Failed(str(document["request_id"]), error))
                break
        return self.templates.render(("antiphon/plain.html",), {"problem": document})[0].encode()

    def _names_another(self, path: str) -> bool:
        """Whether a path names another representation of a record, by its suffix."""
        place, _, id = path.rpartition("/")
        return "." in id and self.parts.get(place) is not None

    def has(self, path: str) -> bool:
        """Whether there is a page at a path."""
        return self._match(path) is not None

    def respond(
        self, scope: Any, page: Rendered, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer that shows a page."""
        told = {**(headers or {}), **HEADERS}
        if status == 200:
            told |= {**page.headers, "ETag": page.tag}
        if FORGET in scope:
            told |= {"Set-Cookie": scope[FORGET], "Cache-Control": "private, no-store"}
        if status == 200 and unchanged(Asked(scope).headers.get("if-none-match"), page.tag):
            return Response(status_code=304, headers=told)
        return Response(page.body, status, told, MEDIA_TYPE)

    async def _show(self, scope: Any, receive: Any, send: Any) -> None:
        response = self.respond(scope, await self.page(scope))
        connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
        if connection is None:
            await response(scope, receive, send)
        else:
            with connection.together():
                await response(scope, receive, send)

    async def _render(self, view: View, ask: Ask) -> Rendered:
        context = await self._common(ask)
        context |= await view.function(ask)
        if "here" in context:
            raise DeclarationError(f"The page {view.path} gives `here` a meaning.", "It has one already.")
        context["here"] = Here(ask, self.title)
        text, parts = self.templates.render(view.templates, context)
        body = text.encode("utf-8", "replace")
        resources = tuple(ask.resources)
        headers = freshness([each for _, each in resources], personal=ask.personal)
        return Rendered(body, content_tag(body), headers, parts, ask.watched, (ask.personal, resources), view)

    async def _common(self, ask: Ask) -> dict[str, Any]:
        context: dict[str, Any] = {}
        for common in self._commons:
            context |= await common(ask)
        return context

    def _match(self, path: str) -> tuple[View, dict[str, str]] | None:
        for view in self._views.get(_segment(path)) or self._views[ANY]:
            if (found := view.match(path)) is not None:
                return None if not view.own and self._is_routes(path) else (view, found)
        return None

    def _is_routes(self, path: str) -> bool:
        """Whether a route of the program's own answers at a path: it comes before the toolkit's pages."""
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        return any(route.matches(scope)[0] == Match.FULL for route in self._routes)


def _may_read(route: BaseRoute) -> bool:
    """Whether a route may answer GET."""
    return not isinstance(route, Route) or route.methods is None or "GET" in route.methods


def _by_segment(views: Sequence[View]) -> dict[str, tuple[View, ...]]:
    """Views by the first segment of the paths that they match, so that a path is tried on few."""
    segments = {_segment(view.path) for view in views}
    return {
        segment: tuple(view for view in views if _segment(view.path) in (segment, ANY))
        for segment in {ANY, *segments}
    }


def _segment(path: str) -> str:
    first = path[1:].partition("/")[0]
    return ANY if "{" in first else first


def _breadth(view: View) -> tuple[bool, int]:
    """How much a view's path matches: the narrowest comes first, of like ones the program's own."""
    return ":path}" in view.path, view.path.count("{")


def _made(pages: Pages) -> tuple[Static, Templates]:
    static = Static(pages.static)
    return static, Templates(pages, static)


@cache
def _toolkits() -> tuple[Static, Templates]:
    """Those of programs that have none of their own: made once."""
    return _made(Pages())
