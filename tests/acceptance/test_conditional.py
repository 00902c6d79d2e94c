"""Conditional requests (RFC 9110, 13) and what caches are told (RFC 9111)."""

from pathlib import Path

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import new_song, problem, see


@pytest.mark.parametrize("url", ["/songs", "/songs?genre=none", "/songs/{id}", "/songs/{id}?fields=title"])
def test_an_answer_that_is_the_same_is_not_sent_again(client: httpx.Client, url: str) -> None:
    song = new_song(client)
    url = url.format(id=song["id"])
    first = client.get(url)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.headers["Vary"] == "Accept"
    for value in (tag, f'"other", {tag}', f"W/{tag}", "*", f"W/{tag},"):
        again = client.get(url, headers={"If-None-Match": value})
        assert (again.status_code, again.content) == (304, b""), value
        assert "Content-Type" not in again.headers
        for name in ("ETag", "Cache-Control", "Vary", "Antiphon-Position"):
            assert again.headers[name] == first.headers[name]
    for value in ('"other"', 'W/"other"', f'"{tag[1:-1]}x"'):
        assert client.get(url, headers={"If-None-Match": value}).status_code == 200


def test_a_change_gives_a_new_tag(client: httpx.Client) -> None:
    song = new_song(client, genre="tagged")
    page, record = "/songs?genre=tagged", f"/songs/{song['id']}"
    before = {url: client.get(url).headers["ETag"] for url in (page, record)}
    client.patch(record, json={"year": 1999})
    for url, tag in before.items():
        answer = client.get(url, headers={"If-None-Match": tag})
        assert answer.status_code == 200
        assert answer.headers["ETag"] != tag


def test_what_concerns_others_leaves_the_tag(client: httpx.Client) -> None:
    song = new_song(client, genre="apart")
    page, record = "/songs?genre=apart", f"/songs/{song['id']}"
    before = {url: client.get(url).headers["ETag"] for url in (page, record)}
    new_song(client, genre="other")
    for url, tag in before.items():
        assert client.get(url, headers={"If-None-Match": tag}).status_code == 304


def test_representations_of_one_record_have_tags_of_their_own(client: httpx.Client) -> None:
    song = new_song(client)
    whole = client.get(f"/songs/{song['id']}").headers["ETag"]
    cut = client.get(f"/songs/{song['id']}?fields=title").headers["ETag"]
    other = client.get(f"/songs/{song['id']}?fields=genre").headers["ETag"]
    assert len({whole, cut, other}) == 3


WRITES = ("PUT", "PATCH", "DELETE")


@pytest.mark.parametrize("method", WRITES)
def test_a_write_that_expects_what_is_there_is_done(client: httpx.Client, method: str) -> None:
    song = new_song(client)
    tag = client.get(f"/songs/{song['id']}").headers["ETag"]
    body = None if method == "DELETE" else {"title": "New"}
    seen = see(client, method, f"/songs/{song['id']}", json=body, headers={"If-Match": f'"x", {tag}'})
    assert seen.answer.status_code in (200, 204)
    assert len(seen.changes) == 1


@pytest.mark.parametrize("method", WRITES)
def test_a_write_that_expects_something_else_is_refused(client: httpx.Client, method: str) -> None:
    song = new_song(client)
    tag = client.get(f"/songs/{song['id']}").headers["ETag"]
    current = client.patch(f"/songs/{song['id']}", json={"year": 1}).headers["ETag"]
    body = None if method == "DELETE" else {"title": "New"}
    for conditions in (
        {"If-Match": tag},
        {"If-Match": f"W/{current}"},  # a weak tag matches nothing here (RFC 9110, 13.1.1)
        {"If-None-Match": current},
        {"If-None-Match": "*"},
    ):
        seen = see(client, method, f"/songs/{song['id']}", json=body, headers=conditions)
        assert current in problem(seen.answer, 412, "precondition_failed")["detail"]
        assert seen.changes == []


def test_put_can_be_made_to_create_only_or_replace_only(client: httpx.Client) -> None:
    url, body = "/songs/only", {"title": "Only"}
    seen = see(client, "PUT", url, json=body, headers={"If-Match": "*"})
    problem(seen.answer, 412, "precondition_failed")
    assert seen.changes == []
    assert client.put(url, json=body, headers={"If-None-Match": "*"}).status_code == 201
    seen = see(client, "PUT", url, json=body, headers={"If-None-Match": "*"})
    problem(seen.answer, 412, "precondition_failed")
    assert seen.changes == []
    assert client.put(url, json=body, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_revision_in_the_body_is_a_condition_too(client: httpx.Client, method: str) -> None:
    song = new_song(client)
    url = f"/songs/{song['id']}"
    changed = client.patch(url, json={"year": 1, "revision": song["revision"]})
    assert changed.status_code == 200
    seen = see(client, method, url, json={"title": "x", "revision": song["revision"]})
    assert str(song["revision"]) in problem(seen.answer, 412, "precondition_failed")["detail"]
    assert seen.changes == []
    answer = client.request(method, url, json={"title": "x", "revision": changed.json()["revision"]})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", ["abc", '"abc', '"a" "b"', "W/abc", '"a",, b'])
def test_a_tag_that_is_none_is_refused(client: httpx.Client, name: str, value: str) -> None:
    song = new_song(client)
    seen = see(client, "PATCH", f"/songs/{song['id']}", json={"year": 5}, headers={name: value})
    assert name in problem(seen.answer, 400, "invalid_header")["detail"]
    assert seen.changes == []


def test_a_precondition_on_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    for method in ("PATCH", "DELETE"):
        content = "{}" if method == "PATCH" else None
        headers = {"If-Match": '"x"', "Content-Type": "application/json"}
        answer = client.request(method, "/songs/nobody", content=content, headers=headers)
        problem(answer, 404, "not_found")


def test_writes_and_problems_are_not_kept_by_caches(client: httpx.Client) -> None:
    answer = client.post("/songs", json={"title": "x"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/songs/nobody").headers["Cache-Control"] == "no-store"


def test_a_field_that_came_later_makes_another_state(serving: Serving, tmp_path: Path) -> None:
    program = tmp_path / "notes.py"
    text = "from antiphon import Application, Resource, serve\nclass Note(Resource):\n    text: str\n{}\n"
    end = "if __name__ == '__main__':\n    serve(Application(Note, name='notes'))"
    program.write_text(text.format(end))
    server = serving(program=program)
    with server.client() as client:
        tag = client.put("/notes/one", json={"text": "a"}).headers["ETag"]
        assert client.get("/notes/one", headers={"If-None-Match": tag}).status_code == 304
        server.stop()
        program.write_text(text.format("    pinned: bool = False\n" + end))
        server.start()
        seen = client.get("/notes/one", headers={"If-None-Match": tag})
        assert (seen.status_code, seen.json()["pinned"]) == (200, False)
        assert client.put("/notes/one", json={"text": "b"}, headers={"If-Match": tag}).status_code == 412
