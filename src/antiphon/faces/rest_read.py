"""Reading over REST: pages and records as JSON."""

from typing import Any
from urllib.parse import quote, unquote_to_bytes

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import InvalidQuery
from antiphon.operations import Service
from antiphon.queries import Selection, pairs
from antiphon.resources import Declaration
from antiphon.server.answers import JSON, freshness
from antiphon.server.preconditions import content_tag, record_tag, unchanged
from antiphon.server.requests import at_least, caller_of, query_of


class _Revised(Struct):
    revision: int


_revision = msgspec.json.Decoder(_Revised).decode


async def read_page(request: Request, service: Service, declaration: Declaration[Any]) -> Response:
    """`GET /songs`: `{"items": […], "next": URL or null}`."""
    query = query_of(request, declaration, service, service.settings.page_size)
    page = await service.read(query, caller_of(request), at_least(request))
    following = None if page.next is None else _with_cursor(request, page.next)
    end = b"null" if following is None else b'"%b"' % following.encode()
    body = b'{"items":[%b],"next":%b}' % (b",".join(page.records), end)
    headers = {
        "Antiphon-Position": str(page.position),
        "ETag": content_tag(body),
        **freshness([declaration]),
    }
    if following is not None:
        headers["Link"] = f'<{following}>; rel="next"'
    return _fresh(request, body, headers)


async def read_record(request: Request, service: Service, declaration: Declaration[Any], id: str) -> Response:
    """`GET /songs/{id}`: the bare record."""
    query = query_of(request, declaration, service, None)
    _refuse_more(request)
    stored, position = await service.record(declaration, id, caller_of(request), at_least(request))
    if query.fields is None:
        revision = _revision(stored).revision
        tag = record_tag(position.incarnation, revision, declaration.form)
    else:
        stored = Selection(query.fields)(stored)
        tag = content_tag(stored)
    headers = {
        "Antiphon-Position": str(position),
        "ETag": tag,
        **freshness([declaration]),
    }
    return _fresh(request, stored, headers)


def _refuse_more(request: Request) -> None:
    for name, _ in pairs(request.scope["query_string"]):
        if name != "fields":
            raise InvalidQuery(
                f"{name[:80]!r} does not apply to one record.", "Ask the collection; or leave it out."
            )


def _fresh(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    if unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=JSON)


def _with_cursor(request: Request, cursor: str) -> str:
    pairs: list[bytes] = request.scope["query_string"].split(b"&")
    kept = [
        pair
        for pair in pairs
        if pair and unquote_to_bytes(pair.partition(b"=")[0]) not in (b"after", b"from")
    ]
    rest = "&".join([*(quote(pair, safe="%=[](),+:@!*/?") for pair in kept), f"after={cursor}"])
    return f"{request.scope['path']}?{rest}"
