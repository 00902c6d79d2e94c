"""What a request changed: the answer and the changes are looked at together."""

from typing import Any, NamedTuple

import httpx


class Seen(NamedTuple):
    """An answer, and the changes that the log tells of since the request was sent."""

    answer: httpx.Response
    changes: list[tuple[str, Any, Any]]
    """Each as (type, record before, record after), such as ("song.added", None, {…})."""


def since(client: httpx.Client, position: str) -> list[tuple[str, Any, Any]]:
    """The changes after `position`, as `/events` tells them."""
    answer = client.get("/events", params={"from": position, "limit": 1000})
    assert answer.status_code == 200, answer.text
    return [(each["type"], each["data"]["before"], each["data"]["after"]) for each in answer.json()]


def see(client: httpx.Client, method: str, url: str, **request: Any) -> Seen:
    """Send a request, and see its answer and what it changed; nobody else may write meanwhile."""
    position = client.get("/songs", params={"limit": 1}).headers["Antiphon-Position"]
    answer = client.request(method, url, **request)
    return Seen(answer, since(client, position))


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document that `answer` must be, checked as a whole (RFC 9457)."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"urn:antiphon:problem:{code}"
    assert (document["status"], document["code"]) == (status, code)
    assert document["title"]
    assert document["detail"].endswith((".", "?"))
    assert document.get("hint", "x.").endswith((".", "?"))
    assert document["request_id"] == answer.headers["X-Request-Id"]
    members = {"type", "title", "status", "code", "detail", "hint", "errors", "request_id"}
    assert document.keys() <= members
    return document


def refused(client: httpx.Client, url: str, **headers: str) -> httpx.Response:
    """The answer to one who wants a stream of `url` and does not get it."""
    with client.stream("GET", url, headers={"Accept": "text/event-stream", **headers}) as answer:
        assert answer.status_code >= 400, "the stream was opened"
        answer.read()
        return answer


def new_song(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A song that is made for a test."""
    answer = client.post("/songs", json={"title": "A song", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
