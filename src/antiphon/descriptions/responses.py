"""Responses: what comes back, with its headers; and problems, by status."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from antiphon.descriptions.examples import CURSOR, ID, POSITION
from antiphon.descriptions.schemas import POSITION as POSITION_PATTERN
from antiphon.descriptions.schemas import problem_of
from antiphon.descriptions.values import Json
from antiphon.errors import (
    AlreadyExists,
    Forbidden,
    HeadersTooLarge,
    HttpVersion,
    Internal,
    Invalid,
    InvalidCursor,
    InvalidHeader,
    InvalidPosition,
    InvalidQuery,
    KeyReused,
    LengthRequired,
    Malformed,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotHttp,
    NotSignedIn,
    NotUnique,
    PositionGone,
    PositionTooNew,
    PreconditionFailed,
    Problem,
    Stalled,
    StillReferenced,
    StoreFull,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from antiphon.server.answers import PROBLEM

Kinds = tuple[type[Problem], ...]

ANY: Kinds = (
    UriTooLong,
    HeadersTooLarge,
    Internal,
    Unavailable,
    InvalidHeader,
    NotSignedIn,
    TooManyRequests,
)
READ: Kinds = (*ANY, Forbidden, InvalidQuery, InvalidPosition, NotAcceptable, PositionGone, PositionTooNew)
PAGE: Kinds = (*READ, InvalidCursor)
RECORD: Kinds = (*READ, NotFound)
CHANGE: Kinds = (*ANY, KeyReused, StoreFull, Forbidden)
SEND: Kinds = (
    *CHANGE,
    Malformed,
    Stalled,
    LengthRequired,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    NotUnique,
)
REPLACE: Kinds = (*SEND, PreconditionFailed)
UPDATE: Kinds = (*REPLACE, NotFound)
DELETE: Kinds = (*CHANGE, PreconditionFailed, NotFound, StillReferenced)
ACT: Kinds = (*UPDATE, StillReferenced, AlreadyExists)
EVERY: Kinds = tuple(
    sorted(
        {*PAGE, *ACT, *DELETE, MethodNotAllowed, NotHttp, HttpVersion},
        key=lambda kind: (kind.status, kind.code),
    )
)
"""All that a client may meet, by status."""

_POSITION: Json = {"type": "string", "pattern": POSITION_PATTERN}
HEADERS: dict[str, Json] = {
    "Antiphon-Position": {
        "description": "The position at which this answer is exact: read or follow from here.",
        "schema": _POSITION,
        "example": POSITION,
    },
    "ETag": {
        "description": "The entity tag of the answer (RFC 9110, 8.8.3).",
        "schema": {"type": "string", "pattern": '^(W/)?"[!#-~]*"$'},
        "example": f'"{POSITION}"',
    },
    "Link": {
        "description": 'The next page, if there is one: `<URL>; rel="next"` (RFC 8288).',
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="next"$'},
        "example": f'</songs?after={CURSOR}>; rel="next"',
    },
    "Location": {
        "description": "The URL of the new record.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": f"/songs/{ID}",
    },
    "Vary": {
        "description": "The request headers that the answer depends on.",
        "schema": {"type": "string"},
        "example": "Accept",
    },
    "Cache-Control": {
        "description": "`no-cache`: keep it, and ask again with `If-None-Match`; `private`: for this caller "
        "alone. `no-store`: do not keep it.",
        "schema": {"type": "string", "enum": ["no-cache", "private, no-cache", "no-store"]},
    },
    "Retry-After": {
        "description": "Seconds until a new try makes sense.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "1",
    },
    "WWW-Authenticate": {
        "description": "How to say who asks (RFC 6750, 3).",
        "schema": {"type": "string"},
        "example": 'Bearer error="invalid_token"',
    },
    "RateLimit": {
        "description": "What is left of each limit: `r` requests now, all again in `t` seconds.",
        "schema": {"type": "string"},
        "example": '"caller";r=0;t=3',
    },
    "RateLimit-Policy": {
        "description": "Each limit: `q` requests in `w` seconds.",
        "schema": {"type": "string"},
        "example": '"caller";q=60000;w=60',
    },
    "Allow": {
        "description": "The methods that apply here.",
        "schema": {"type": "string"},
        "example": "GET, HEAD, OPTIONS",
    },
    "Idempotency-Replayed": {
        "description": "`true`: the answer to the same write, done before under the same Idempotency-Key.",
        "schema": {"type": "string", "const": "true"},
    },
}
TELLING: dict[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}
"""Headers that problems have, by status."""


def headers(*always: str, sometimes: Iterable[str] = ()) -> Json:
    """The headers of a response, by name."""
    return {name: HEADERS[name] | {"required": True} for name in always} | {
        name: HEADERS[name] for name in sometimes
    }


class Responses:
    """The responses that operations share, as components."""

    def __init__(self) -> None:
        self.components: Json = {}

    def add(self, key: str, response: Json) -> Json:
        """A reference to `response`, kept under `key`."""
        self.components.setdefault(key, response)
        return {"$ref": f"#/components/responses/{key}"}

    def problems(self, kinds: Iterable[type[Problem]]) -> Json:
        """The responses of an operation that may end in any of `kinds`, by status."""
        ordered = sorted(set(kinds), key=lambda kind: (kind.status, kind.code))
        found = {}
        for status, group in groupby(ordered, lambda kind: kind.status):
            several = list(group)
            key = ".".join([str(status), *(kind.code for kind in several)])
            found[str(status)] = self.add(key, problem_response(several))
        return found


def problem_response(kinds: list[type[Problem]]) -> Json:
    """The response of one status that means any of `kinds`."""
    status = kinds[0].status
    response: Json = {
        "description": " ".join(f"`{kind.code}`: {kind.title}." for kind in kinds),
        "content": {
            PROBLEM: {
                "schema": problem_of(kinds),
                "examples": {
                    kind.code: {"summary": kind.title, "value": problem_example(kind)} for kind in kinds
                },
            }
        },
    }
    if status in TELLING:
        response["headers"] = headers(sometimes=TELLING[status])
    return response


def problem_example(kind: type[Problem]) -> Json:
    """A problem document of one kind."""
    detail, hint = DETAILS.get(kind, (kind.title + ".", ""))
    document: Json = {
        "type": f"urn:antiphon:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": detail,
    }
    if hint:
        document["hint"] = hint
    if kind is Invalid:
        document["errors"] = [{"field": "title", "detail": "A value is required."}]
    return document


DETAILS: dict[Any, tuple[str, str]] = {
    Malformed: ("The body is not JSON: trailing characters (byte 17).", "Send one JSON value (RFC 8259)."),
    InvalidQuery: (
        "Song has no field 'gerne'.",
        "Did you mean 'genre'? Known: id, revision, title, genre.",
    ),
    InvalidPosition: (
        "'yesterday' is not a position.",
        "Use the Antiphon-Position of an answer, or the id of an event.",
    ),
    InvalidCursor: (
        "`after` is not a cursor of this query.",
        "Take the URL in `next` as it is, or leave `after` out.",
    ),
    InvalidHeader: ("If-Match is 'abc'.", 'Write entity tags in quotes: "abc", or *.'),
    NotFound: ("There is no Song 'x1'.", "List them at /songs."),
    NotAcceptable: ("Nothing here is 'image/png'.", "Accept one of: application/json."),
    NotUnique: ("Another Artist has the name 'Nina'.", "Choose another value, or change the other record."),
    StillReferenced: ("Song refers to this Artist.", "Delete or change what refers to it first."),
    PositionGone: (
        "k3v9x2m7-41 is older than the first change that is kept, k3v9x2m7-100.",
        "Read again without a position, and follow from the new answer's.",
    ),
    Invalid: ("title: A value is required.", "See the schema of Song in /openapi.json."),
    KeyReused: (
        "The Idempotency-Key 'k1' came with another request before.",
        "Choose a new key for a new request.",
    ),
    PreconditionFailed: (
        f'If-Match is "k3v9x2m7-40"; the Song has "{POSITION}".',
        "Read it again, and apply your change to what it is now.",
    ),
    Unavailable: ("The service stops.", "Try again."),
    StoreFull: ("The disk is full; nothing was changed.", "Free space, then send it again."),
}
