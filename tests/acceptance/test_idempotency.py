"""Idempotency keys: a request that comes again is not done again."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import new_song, problem, see

NDJSON = {"Content-Type": "application/x-ndjson"}


def kept(answer: httpx.Response) -> tuple[Any, ...]:
    """What of an answer is the same when it is given again."""
    names = ("Location", "ETag", "Antiphon-Position", "Content-Type")
    return answer.status_code, answer.content, [answer.headers.get(name) for name in names]


def requests(client: httpx.Client) -> list[tuple[str, str, dict[str, Any]]]:
    """One request of each kind of write."""
    ids = [new_song(client, label=f"idempotent {number}")["id"] for number in range(6)]
    lines = "\n".join(json.dumps({"title": f"line {number}"}) for number in range(3))
    return [
        ("POST", "/songs", {"json": {"title": "x"}}),
        ("POST", "/songs", {"json": [{"title": "x"}, {"title": "y"}]}),
        ("POST", "/songs", {"content": lines, "headers": NDJSON}),
        ("PUT", f"/songs/{ids[0]}", {"json": {"title": "put"}}),
        ("PUT", "/songs", {"json": [{"id": ids[1], "title": "put"}]}),
        ("PATCH", f"/songs/{ids[2]}", {"json": {"title": "patched"}}),
        ("DELETE", f"/songs/{ids[3]}", {}),
        ("POST", f"/songs/{ids[4]}/rename", {"json": {"title": "renamed"}}),
        ("POST", f"/songs/{ids[5]}/split", {"json": {"titles": ["a", "b"]}}),
    ]


def send(client: httpx.Client, key: str, request: tuple[str, str, dict[str, Any]]) -> httpx.Response:
    method, url, more = request
    headers = {**more.get("headers", {}), "Idempotency-Key": key}
    return client.request(method, url, **{**more, "headers": headers})


def test_an_answer_is_given_again_and_nothing_is_done_again_even_after_a_restart(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        wanted = requests(client)
        first = [send(client, f"key {number}", each) for number, each in enumerate(wanted)]
        assert all(answer.is_success for answer in first)
        assert all("Idempotency-Replayed" not in answer.headers for answer in first)
        head = client.get("/songs").headers["Antiphon-Position"]
    for end in (lambda: None, server.kill, server.stop):
        end()
        if not server.running:
            server.start()
        with server.client() as client:
            again = [send(client, f"key {number}", each) for number, each in enumerate(wanted)]
            assert [kept(answer) for answer in again] == [kept(answer) for answer in first]
            assert all(answer.headers["Idempotency-Replayed"] == "true" for answer in again)
            assert client.get("/songs").headers["Antiphon-Position"] == head


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("POST", "/songs", {"title": "another body"}),
        ("POST", "/songs?x=1", {"title": "x"}),
        ("POST", "/genres", {"title": "x"}),
        ("PUT", "/songs/reused", {"title": "x"}),
    ],
)
def test_a_key_that_comes_with_another_request_is_refused(
    client: httpx.Client, method: str, url: str, body: Any
) -> None:
    key = f"reused {method} {url} {body}"
    assert send(client, key, ("POST", "/songs", {"json": {"title": "x"}})).status_code == 201
    seen = see(client, method, url, json=body, headers={"Idempotency-Key": key})
    assert (
        key in problem(seen.answer, 422, seen.answer.json()["code"])["detail"] or "name" in seen.answer.text
    )
    assert seen.answer.json()["code"] in ("idempotency_key_reused", "invalid")
    assert seen.changes == []


def test_duplicates_at_the_same_time_are_done_once(client: httpx.Client) -> None:
    def post(_: int) -> httpx.Response:
        return send(client, "at once", ("POST", "/songs", {"json": {"title": "At once", "label": "once"}}))

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(post, range(64)))
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert len(client.get("/songs?label=once").json()["items"]) == 1


def test_a_refused_request_may_be_put_right_under_its_key(client: httpx.Client) -> None:
    problem(send(client, "retry", ("POST", "/songs", {"json": {"title": 3}})), 422, "invalid")
    assert send(client, "retry", ("POST", "/songs", {"json": {"title": "3"}})).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_a_length(client: httpx.Client, key: str) -> None:
    seen = see(client, "POST", "/songs", json={"title": "x"}, headers={"Idempotency-Key": key})
    assert str(len(key)) in problem(seen.answer, 400, "invalid_header")["detail"]
    assert seen.changes == []


def test_an_answer_is_forgotten_in_time(serving: Serving) -> None:
    server = serving(idempotency_hours=0.3 / 3600)
    request = ("POST", "/songs", {"json": {"title": "x"}})
    with server.client() as client:
        first = send(client, "short", request).json()
        assert first["id"]
        time.sleep(0.5)
        assert send(client, "short", request).json()["id"] != first["id"]


def test_an_answer_that_is_too_long_to_be_remembered_is_not_done(serving: Serving) -> None:
    server = serving(max_body_bytes=5000)
    lines = "\n".join(json.dumps({"title": "x" * 100}) for _ in range(60))
    with server.client() as client:
        seen = see(client, "POST", "/songs", content=lines, headers={**NDJSON, "Idempotency-Key": "long"})
        assert "remembered" in problem(seen.answer, 413, "too_large")["detail"]
        assert seen.changes == []
        few = "\n".join(lines.splitlines()[:5])
        answer = client.post("/songs", content=few, headers={**NDJSON, "Idempotency-Key": "long"})
        assert answer.status_code == 201
