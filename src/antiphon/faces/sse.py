"""Following over server-sent events: the same URL, the same filter, `Accept: text/event-stream`."""

from typing import Any

from starlette.requests import Request

from antiphon.errors import InvalidQuery
from antiphon.operations import Service
from antiphon.queries import pairs
from antiphon.resources import Declaration
from antiphon.server.event_stream import EventStream
from antiphon.server.requests import at_least, caller_of, query_of


async def follow_collection(request: Request, service: Service, declaration: Declaration[Any]) -> EventStream:
    """`GET /songs?genre=jazz`: what matches now (unless a position is given), then every change."""
    query = query_of(request, declaration, service, None, stream=True)
    if query.after is not None:
        raise InvalidQuery("A stream has no pages.", "Leave `after` out; `from` takes a position.")
    if query.ordered and query.limit is None:
        raise InvalidQuery(
            "A stream without limit has no order.",
            "Give `limit` to follow the first N, or leave `order` out.",
        )

    who = caller_of(request)
    await service.require(declaration, who)

    def follow(number: int, follower: Any, ended: Any, turned: bool) -> Any:
        return service.follow_query(query, number, who, follower, ended, turned)

    await service.wait_for(at_least(request))
    head = request.method == "HEAD"
    start = position_of(request)
    if start is None:
        return EventStream(service, follow, who, listing=service.present(query, who), head=head)
    return EventStream(service, follow, who, number=await service.start_after(start), head=head)


def position_of(request: Request) -> str | None:
    """Where to start: `Last-Event-ID`, which a browser sends when it comes back, or else `from`."""
    if last := request.headers.get("last-event-id"):
        return last
    return dict(pairs(request.scope["query_string"])).get("from")
