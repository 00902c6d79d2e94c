"""Answers: what faces give back, and problems as documents (RFC 9457)."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import msgspec
from starlette.responses import Response

from antiphon.access import access_of, anyone
from antiphon.errors import Problem
from antiphon.operations import Answer
from antiphon.resources import Declaration

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM = "application/problem+json"
FAREWELL_SECONDS = 2.0


def freshness(declarations: Iterable[Declaration[Any]], *, personal: bool = False) -> dict[str, str]:
    """What caches are told of what reads give (RFC 9111): keep it, ask before using it again.

    Where not everyone sees the same, or what is told is `personal`, it is for one caller's cache alone.
    """
    if not personal and all(access_of(each).read == anyone for each in declarations):
        return {"Cache-Control": "no-cache", "Vary": "Accept"}
    return {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie, X-API-Key"}


def problem_body(problem: Problem, request_id: str = "") -> bytes:
    """A problem as JSON: type, title, status, code, detail, hint, errors, and the request's id."""
    document: dict[str, Any] = {
        "type": f"urn:antiphon:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.hint:
        document["hint"] = problem.hint
    if problem.errors:
        document["errors"] = problem.errors
    if request_id:
        document["request_id"] = request_id
    return msgspec.json.encode(document)


def problem_response(problem: Problem, request_id: str = "") -> Response:
    """The answer that tells of a problem."""
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    kind = Farewell if "Connection" in headers else Response
    return kind(problem_body(problem, request_id), problem.status, headers, PROBLEM)


class Found(Response):
    """What a kept answer says, or that the client has it."""

    def __init__(self, answer: Answer, content: bytes | None = None, **options: Any) -> None:
        super().__init__(content, **options)
        self.answer = answer


class Farewell(Response):
    """An answer after which the connection closes, a moment later if the client is still sending.

    Closed at once, what arrives then would reset it, and the client never read why (RFC 9112, 9.6).
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                while (await receive()).get("more_body"):
                    pass
        await send({"type": "http.response.body", "body": b""})
