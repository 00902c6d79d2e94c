"""The routes of `/openapi.json` and of `/docs`, the page that shows it to people."""

from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.errors import NotFound
from antiphon.server.preconditions import content_tag, unchanged

HTML = "text/html; charset=utf-8"
_tag = lru_cache(maxsize=8)(content_tag)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing from elsewhere, and no script or style within the page."""

ASSETS = {
    "page.js": ("page", "text/javascript; charset=utf-8"),
    "page.css": ("page", "text/css; charset=utf-8"),
    "swagger-ui-bundle.js": ("swagger", "text/javascript; charset=utf-8"),
    "swagger-ui.css": ("swagger", "text/css; charset=utf-8"),
}
"""All that is served below `/docs/`: the folder each is in, and its media type."""


class Content(Struct, frozen=True):
    """What a path answers with."""

    body: bytes
    media_type: str
    etag: str


def description_routes(document: Callable[[], bytes]) -> list[Route]:
    """Routes for `/openapi.json`, which answers with `document()`, for `/docs` and what the page loads.

    Each answers GET and HEAD, with an ETag; clients revalidate each time (RFC 9111, 5.2.2.4).

    Requests raise `NotFound` for an unknown path below `/docs/` (names are looked up in a list, and no path
    is made of them) and `InvalidHeader` for entity tags that are none.
    """

    async def openapi(request: Request) -> Response:
        body = document()
        return _answer(request, Content(body, "application/json", _tag(body)))

    async def page(request: Request) -> Response:
        return _answer(request, _file("page", "index.html", HTML))

    async def asset(request: Request) -> Response:
        name = request.path_params["asset"]
        if name not in ASSETS:
            raise NotFound(f"There is no {name[:80]!r} at /docs.", "The page is at /docs.")
        folder, media_type = ASSETS[name]
        return _answer(request, _file(folder, name, media_type))

    return [
        Route("/openapi.json", openapi),
        Route("/docs", page),
        Route("/docs/{asset}", asset),
    ]


def _answer(request: Request, content: Content) -> Response:
    headers = {"ETag": content.etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if content.media_type == HTML:
        headers |= {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    if unchanged(request.headers.get("If-None-Match"), content.etag):
        return Response(status_code=304, headers=headers)
    return Response(content.body, media_type=content.media_type, headers=headers)


@cache
def _file(folder: str, name: str, media_type: str) -> Content:
    body = (files("antiphon.descriptions") / folder / name).read_bytes()
    return Content(body, media_type, _tag(body))
