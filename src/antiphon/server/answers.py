"""Answers: what faces give back, and problems as documents (RFC 9457)."""

from typing import Any

import msgspec
from starlette.responses import Response

from antiphon.errors import Problem

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM = "application/problem+json"


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
    return Response(problem_body(problem, request_id), problem.status, headers, PROBLEM)
