"""Every problem that can be met over HTTP: one shape, whatever went wrong, and a stable code."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.scenario import new_song, problem, refused
from tests.acceptance.server import Server, eventually

from antiphon import errors
from antiphon.errors import Problem

ROOT = Path(__file__).resolve().parents[2]
JSON = {"Content-Type": "application/json"}
Provoke = Callable[[Server, httpx.Client, dict[str, Any]], httpx.Response]
KINDS = {
    each.code: each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Problem)
}
del KINDS[Problem.code]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has little room and waits for nobody."""
    folder = tmp_path_factory.mktemp("problems") / "data"
    server = Server(folder, body_seconds=0.3, wait_seconds=0.1, max_follows=1, max_body_bytes=10_000).start()
    yield server
    assert server.stop() == 0
    server.forgive("the action stumbled", "'status': 500")
    assert server.errors() == []


def raw(server: Server, request: bytes) -> httpx.Response:
    """The answer to bytes that no client would send."""
    with server.connect(5) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


def over_follows(server: Server, client: httpx.Client, song: dict[str, Any]) -> httpx.Response:
    with client.stream("GET", "/songs?from=now", headers={"Accept": "text/event-stream"}) as stream:
        pieces = stream.iter_raw()
        next(pieces)
        assert eventually(lambda: 'antiphon_followers{service="library"} 1.0' in client.get("/metrics").text)
        return refused(client, "/songs")


def still_referenced(server: Server, client: httpx.Client, song: dict[str, Any]) -> httpx.Response:
    artist = client.post("/artists", json={"name": "Referred to"}).json()
    new_song(client, artist_id=artist["id"])
    return client.delete(f"/artists/{artist['id']}")


def reused(server: Server, client: httpx.Client, song: dict[str, Any]) -> httpx.Response:
    for title in ("one", "two"):
        answer = client.post("/songs", json={"title": title}, headers={"Idempotency-Key": "reused"})
    return answer


def without_length(server: Server, client: httpx.Client, song: dict[str, Any]) -> httpx.Response:
    request = client.build_request("POST", "/songs", headers=JSON)
    del request.headers["Content-Length"]
    return client.send(request)


def ahead(server: Server, client: httpx.Client, song: dict[str, Any]) -> httpx.Response:
    position = client.get("/songs").headers["Antiphon-Position"] + "000"
    return client.get("/songs", headers={"Antiphon-Min-Position": position})


ELSEWHERE = {"store_full", "not_signed_in", "forbidden", "too_many_requests"}
"""What this server cannot be brought to: test_disk_full.py and test_callers.py have others."""
GET = b"GET /songs HTTP/1.1\r\nHost: x\r\n"
PROVOKED: dict[str, Provoke] = {
    "malformed": lambda _, client, song: client.post("/songs", content=b"{", headers=JSON),
    "not_http": lambda server, _, song: raw(server, b"nonsense\r\n\r\n"),
    "invalid_query": lambda _, client, song: client.get("/songs?genr=x"),
    "invalid_position": lambda _, client, song: client.get("/events?from=x"),
    "invalid_cursor": lambda _, client, song: client.get("/songs?after=x"),
    "invalid_header": lambda _, client, song: client.get("/songs", headers={"Accept": "text/html;q=x"}),
    "not_found": lambda _, client, song: client.get("/songs/nobody"),
    "method_not_allowed": lambda _, client, song: client.delete("/songs"),
    "not_acceptable": lambda _, client, song: client.get("/songs", headers={"Accept": "image/png"}),
    "stalled": lambda server, _, song: raw(
        server,
        b"POST /songs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n",
    ),
    "already_exists": lambda _, client, song: client.post(
        f"/songs/{song['id']}/copy", json={"name": song["id"]}
    ),
    "not_unique": lambda _, client, song: client.post("/songs", json={"title": "x", "isrc": song["isrc"]}),
    "still_referenced": still_referenced,
    "position_gone": lambda _, client, song: client.get("/events?from=other-1"),
    "length_required": without_length,
    "precondition_failed": lambda _, client, song: client.put(
        f"/songs/{song['id']}", json={"title": "x"}, headers={"If-None-Match": "*"}
    ),
    "too_large": lambda _, client, song: client.post("/songs", json={"title": "x" * 20_000}),
    "uri_too_long": lambda server, _, song: raw(server, GET.replace(b"songs", b"s" * 9000) + b"\r\n"),
    "unsupported_media_type": lambda _, client, song: client.post("/songs", content=b"{}"),
    "invalid": lambda _, client, song: client.post("/songs", json={}),
    "idempotency_key_reused": reused,
    "headers_too_large": lambda server, _, song: raw(server, GET + b"X: " + b"x" * 40_000 + b"\r\n\r\n"),
    "internal": lambda _, client, song: client.post(f"/songs/{song['id']}/stumble"),
    "unavailable": over_follows,
    "position_too_new": ahead,
    "http_version": lambda server, _, song: raw(
        server, b"GET /songs HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n"
    ),
}


ELSEWHERE = {
    "store_full",  # test_disk_full.py fills a disk
    "not_signed_in",  # test_callers.py has callers, and limits
    "forbidden",
    "too_many_requests",
}


def test_each_code_is_provoked_and_has_one_class() -> None:
    assert PROVOKED.keys() == KINDS.keys() - ELSEWHERE
    problems = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Problem)
    ]
    assert len({each.code for each in problems}) == len(problems)


@pytest.fixture(scope="module")
def song(server: Server) -> dict[str, Any]:
    with server.client() as client:
        return new_song(client, isrc="US-1")


@pytest.mark.parametrize("code", PROVOKED)
def test_each_problem_has_the_shape_that_all_have(
    server: Server, client: httpx.Client, song: dict[str, Any], code: str
) -> None:
    answer = PROVOKED[code](server, client, song)
    kind = KINDS[code]
    assert answer.status_code == kind.status, answer.text
    assert answer.headers["Content-Length"] == str(len(answer.content))
    if "X-Request-Id" not in answer.headers:  # refused before it was a request
        assert answer.headers["Connection"] == "close"
        assert answer.headers["Content-Type"] == "application/problem+json"
        document = answer.json()
        document["request_id"] = "none"
    else:
        document = problem(answer, kind.status, code)
    assert document["title"] == kind.title
    assert document["hint"]
    assert document.keys() - {"errors"} == {
        "type",
        "title",
        "status",
        "code",
        "detail",
        "hint",
        "request_id",
    }
    for each in document.get("errors", ()):
        assert each.keys() <= {"field", "detail", "item"}


@pytest.mark.parametrize("code", [code for code in KINDS if code != "store_full"])
def test_the_description_and_the_reference_name_each_problem(client: httpx.Client, code: str) -> None:
    assert f"`{code}`" in (ROOT / "docs/reference/errors.md").read_text()
    if code not in ("not_http", "http_version", "headers_too_large", "uri_too_long", "stalled"):
        assert code in client.get("/openapi.json").text
