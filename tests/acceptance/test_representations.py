"""Methods, media types and representations (RFC 9110, 9, 12 and 15)."""

import json
from typing import Any

import httpx
import pytest
from tests.acceptance.scenario import new_song, problem

JSON = "application/json"
NDJSON = "application/x-ndjson"
STREAM = "text/event-stream"


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("*/*", JSON),
        ("", JSON),
        ("application/*", JSON),
        ("application/json;q=0.5, application/x-ndjson", NDJSON),
        ("application/x-ndjson;q=0.5, application/json;q=0.4", NDJSON),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "text/html; charset=utf-8"),
        ("application/json;q=0, */*", NDJSON),
        ("APPLICATION/X-NDJSON", NDJSON),
        ("application/x-ndjson ; q=1.000 , text/html", NDJSON),
    ],
)
def test_the_representation_that_is_liked_most_is_given(
    client: httpx.Client, accept: str, given: str
) -> None:
    answer = client.get("/songs", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == given
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("url", ["/songs", "/songs/{id}", "/events"])
def test_none_that_is_liked_is_not_acceptable(client: httpx.Client, url: str) -> None:
    url = url.format(id=new_song(client)["id"])
    for accept in ("image/*", "*/*;q=0", "application/json;q=0"):
        answer = client.get(url, headers={"Accept": accept})
        if accept.startswith("application/json") and url != "/songs/{id}" and answer.status_code == 200:
            continue
        assert "application/json" in problem(answer, 406, "not_acceptable")["hint"]


def test_a_record_is_not_a_stream(client: httpx.Client) -> None:
    song = new_song(client)
    problem(client.get(f"/songs/{song['id']}", headers={"Accept": STREAM}), 406, "not_acceptable")


def test_a_suffix_names_the_representation(client: httpx.Client) -> None:
    song = new_song(client, genre="suffixed")
    wanted = {"genre": "suffixed"}
    answer = client.get("/songs.json", params=wanted, headers={"Accept": "text/html"})
    assert answer.json()["items"] == [song]
    answer = client.get("/songs.ndjson", params=wanted, headers={"Accept": JSON})
    assert answer.headers["Content-Type"] == NDJSON
    assert [json.loads(line) for line in answer.text.splitlines()] == [song]
    assert client.get(f"/songs/{song['id']}.json", headers={"Accept": "text/html"}).json() == song
    for url in ("/songs.xml", "/songs.", f"/songs/{song['id']}.ndjson", f"/songs/{song['id']}."):
        problem(client.get(url), 404, "not_found")


def test_the_next_page_of_a_suffixed_page_is_suffixed(client: httpx.Client) -> None:
    for _ in range(2):
        new_song(client, genre="pages")
    answer = client.get("/songs.json?genre=pages&limit=1", headers={"Accept": "text/html"}).json()
    assert answer["next"].startswith("/songs.json?")
    assert len(client.get(answer["next"], headers={"Accept": "text/html"}).json()["items"]) == 1


def test_an_alias_is_the_same_resource(client: httpx.Client) -> None:
    made = client.post("/genre", json={"name": "Jazz"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"/genres/{made.json()['id']}"
    assert client.get("/genres").json()["items"] == client.get("/genre").json()["items"] == [made.json()]
    assert client.get(f"/genre/{made.json()['id']}").json() == made.json()
    assert client.get("/genre.ndjson").text == client.get("/genres.ndjson").text


URLS = ("/songs", "/songs/{id}", "/songs.ndjson", "/events", "/health/live", "/nothing", "/songs/nobody")


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("accept", ["*/*", STREAM])
def test_head_has_the_headers_of_get_and_no_body(client: httpx.Client, url: str, accept: str) -> None:
    url = url.format(id=new_song(client)["id"])
    headers = {"Accept": accept, "X-Request-Id": "the-same"}
    head = client.head(url, headers=headers)
    with client.stream("GET", url, headers=headers) as get:
        assert head.status_code == get.status_code
        framing = ("date", "transfer-encoding", "content-length", "connection")
        assert {name: head.headers[name] for name in head.headers if name not in framing} == {
            name: get.headers[name] for name in get.headers if name not in framing
        }
        if "content-length" in head.headers:
            assert head.headers["content-length"] == get.headers.get("content-length")
    assert head.content == b""
    assert client.get("/health/live").text == "live\n"  # the connection is where it should be


ALLOWED = {
    "/songs": {"GET", "HEAD", "POST", "PUT", "OPTIONS"},
    "/songs/x": {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"},
    "/songs/x/rename": {"POST", "OPTIONS"},
    "/genre": {"GET", "HEAD", "POST", "PUT", "OPTIONS"},
    "/songs.json": {"GET", "HEAD", "POST", "PUT", "OPTIONS"},
    "/events": {"GET", "HEAD", "OPTIONS"},
    "/metrics": {"GET", "HEAD", "OPTIONS"},
    "/health/live": {"GET", "HEAD", "OPTIONS"},
}


@pytest.mark.parametrize("url", ALLOWED)
def test_options_tells_what_is_allowed(client: httpx.Client, url: str) -> None:
    answer = client.options(url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert set(answer.headers["Allow"].split(", ")) == ALLOWED[url]
    if "PATCH" in ALLOWED[url]:
        assert answer.headers["Accept-Patch"] == "application/merge-patch+json"


@pytest.mark.parametrize("url", ALLOWED)
def test_a_method_that_does_not_apply_is_answered_with_those_that_do(client: httpx.Client, url: str) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - ALLOWED[url]:
        answer = client.request(method, url)
        document = problem(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) == ALLOWED[url]
        assert method in document["detail"]


@pytest.mark.parametrize(
    ("method", "url"),
    [("POST", "/songs"), ("PUT", "/songs"), ("PUT", "/songs/x"), ("PATCH", "/songs/{id}")],
)
def test_bodies_have_a_length_and_a_media_type_that_is_known(
    client: httpx.Client, method: str, url: str
) -> None:
    url = url.format(id=new_song(client)["id"])
    body = b'{"title": "x"}'
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/jsonx"},
        {"Content-Type": ""},
        {},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
    ):
        document = problem(
            client.request(method, url, content=body, headers=headers), 415, "unsupported_media_type"
        )
        assert document["hint"]
    bare = client.build_request(method, url, headers={"Content-Type": JSON})
    bare.headers.pop("Content-Length", None)
    problem(client.send(bare), 411, "length_required")


def test_a_refused_media_type_tells_what_is_accepted(client: httpx.Client) -> None:
    song = new_song(client)
    answer = client.patch(f"/songs/{song['id']}", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.headers["Accept-Patch"] == "application/merge-patch+json, application/json"
    answer = client.post("/songs", content=b"{}", headers={"Content-Type": "text/plain"})
    assert set(answer.headers["Accept"].split(", ")) == {JSON, NDJSON}


def test_a_chunked_body_needs_no_length(client: httpx.Client) -> None:
    def pieces() -> Any:
        yield b'{"title": '
        yield b'"In pieces"}'

    answer = client.post("/songs", content=pieces(), headers={"Content-Type": JSON})
    assert answer.json()["title"] == "In pieces"


def test_a_body_on_a_get_is_of_no_account(client: httpx.Client) -> None:
    song = new_song(client)
    assert client.request("GET", f"/songs/{song['id']}", content=b"{" * 1000).json() == song
    assert client.get(f"/songs/{song['id']}").json() == song


def test_each_answer_has_a_request_id(client: httpx.Client) -> None:
    first, second = client.get("/songs"), client.get("/nothing")
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    given = {"X-Request-Id": "from-the-client"}
    assert client.get("/songs", headers=given).headers["X-Request-Id"] == "from-the-client"
    for bad in ("x" * 129, "a\tb"):
        assert client.get("/songs", headers={"X-Request-Id": bad}).headers["X-Request-Id"] != bad


def test_health_answers(client: httpx.Client) -> None:
    assert client.get("/health/live").text == "live\n"
    assert client.get("/health/ready").text == "ready\n"
