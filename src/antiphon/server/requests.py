"""Requests: what of them goes into operations."""

import re
from functools import lru_cache
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request

from antiphon.access import ANYONE, Caller
from antiphon.operations import Context, Service
from antiphon.queries import Query, parse_query
from antiphon.resources import Declaration

CALLER = "antiphon.caller"
"""The scope's member that holds the `Caller`, once the application has found out who asks."""
COUNTED = "antiphon.counted"
"""The scope's member that tells that the request was counted already, if limits are."""
WHOLE = "antiphon.body"
"""The scope's member that holds the whole body, where it was there before the request was looked at."""
REQUEST_ID = "antiphon.request_id"
"""The scope's member that holds the request's id."""
WITHIN = "antiphon.within"
"""The scope's member that holds the id of the request that this one is a part of answering."""
_TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Asked(Request):
    """A request whose headers are looked up in a dict: most of those that are asked for are not there, and
    Starlette's own walk through all of them for each costs as much as reading a record."""

    @property
    def headers(self) -> Headers:
        if not hasattr(self, "_headers"):
            self._headers = _Indexed(self.scope["headers"])
        return self._headers


@lru_cache
def _named(key: str) -> bytes:
    return key.lower().encode("latin-1")


class _Indexed(Headers):
    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        self._first = dict(reversed(raw))  # the first of a name counts

    def __getitem__(self, key: str) -> str:
        return self._first[_named(key)].decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _named(key) in self._first

    def get(self, key: str, default: Any = None) -> Any:
        found = self._first.get(_named(key))
        return default if found is None else found.decode("latin-1")


def query_of(
    request: Request,
    declaration: Declaration[Any],
    service: Service,
    default_limit: int | None,
    *,
    stream: bool = False,
) -> Query[Any]:
    """The query in a URL; raises `InvalidQuery` (for `from` too, but in a `stream`), `InvalidCursor`."""
    settings = service.settings
    return parse_query(
        declaration,
        request.scope["query_string"],
        default_limit=default_limit,
        max_limit=settings.max_page_size,
        max_terms=settings.max_filter_terms,
        stream=stream,
    )


def caller_of(request: Request) -> Caller:
    """Who asks."""
    found: Caller = request.scope.get(CALLER, ANYONE)
    return found


def context_of(request: Request) -> Context:
    """Who asks, and in which trace (W3C Trace Context; a malformed one is dropped, as it says)."""
    trace = request.headers.get("traceparent")
    return Context(caller_of(request), trace=trace if trace and _TRACE.fullmatch(trace) else None)


def at_least(request: Request) -> str | None:
    """The position that the answer must have reached, if the client says one."""
    return request.headers.get("antiphon-min-position")
