"""Reading over REST: pages and records as JSON."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import msgspec
from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import Response

from antiphon.access import sight
from antiphon.errors import InvalidQuery
from antiphon.live import QueryView, View
from antiphon.log import Position
from antiphon.operations import Answer, Service
from antiphon.queries import Selection, equals, pairs
from antiphon.resources import Declaration
from antiphon.server.answers import JSON, Found, freshness
from antiphon.server.preconditions import content_tag, record_tag, unchanged
from antiphon.server.requests import at_least, caller_of, query_of


class _Revised(Struct):
    revision: int


_revision = msgspec.json.Decoder(_Revised).decode


async def read_page(request: Request, service: Service, declaration: Declaration[Any]) -> Response:
    """`GET /songs`: `{"items": […], "next": URL or null}`."""
    who = caller_of(request)

    async def read() -> tuple[Answer, View]:
        query = query_of(request, declaration, service, service.settings.page_size)
        page = await service.read(query, who)
        headers = freshness([declaration])
        end = b"null"
        if page.next is not None:
            following = _with_cursor(request, page.next)
            end = b'"%b"' % following.encode()
            headers["Link"] = f'<{following}>; rel="next"'
        body = b'{"items":[%b],"next":%b}' % (b",".join(page.records), end)
        answer = Answer(body, content_tag(body), headers, page.position.number)
        return answer, QueryView(sight(declaration, who).restrict(query))

    return await _answered(request, service, declaration, read)


async def read_record(request: Request, service: Service, declaration: Declaration[Any], id: str) -> Response:
    """`GET /songs/{id}`: the bare record."""
    who = caller_of(request)

    async def read() -> tuple[Answer, View]:
        query = query_of(request, declaration, service, None)
        _refuse_more(request)
        stored, position = await service.record(declaration, id, who)
        if query.fields is None:
            tag = record_tag(position.incarnation, _revision(stored).revision, declaration.form)
        else:
            stored = Selection(query.fields)(stored)
            tag = content_tag(stored)
        answer = Answer(stored, tag, freshness([declaration]), position.number)
        query = structs.replace(query, filter=equals(declaration, "id", id))
        return answer, QueryView(sight(declaration, who).restrict(query))

    return await _answered(request, service, declaration, read)


async def _answered(
    request: Request,
    service: Service,
    declaration: Declaration[Any],
    read: Callable[[], Awaitable[tuple[Answer, View]]],
) -> Response:
    """The kept answer to a request, or what `read` makes of it; 304 to a client that has it."""
    await service.wait_for(at_least(request))
    scope = request.scope
    alike = service.alike(declaration, caller_of(request))
    key = None if alike is None else (scope["path"], scope["query_string"], alike)
    answer = await service.answers.find(key, read)
    headers = {
        "Antiphon-Position": str(Position(service.incarnation, answer.number)),
        "ETag": answer.tag,
        **answer.headers,
    }
    if unchanged(request.headers.get("if-none-match"), answer.tag):
        return Found(answer, status_code=304, headers=headers)
    return Found(answer, answer.body, headers=headers, media_type=JSON)


def _refuse_more(request: Request) -> None:
    for name, _ in pairs(request.scope["query_string"]):
        if name != "fields":
            raise InvalidQuery(
                f"{name[:80]!r} does not apply to one record.", "Ask the collection; or leave it out."
            )


def _with_cursor(request: Request, cursor: str) -> str:
    pairs: list[bytes] = request.scope["query_string"].split(b"&")
    kept = [
        pair
        for pair in pairs
        if pair and unquote_to_bytes(pair.partition(b"=")[0]) not in (b"after", b"from")
    ]
    rest = "&".join([*(quote(pair, safe="%=[](),+:@!*/?") for pair in kept), f"after={cursor}"])
    return f"{request.scope['path']}?{rest}"
