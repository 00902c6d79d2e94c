"""Writes over REST: what they answer, and what they change (RFC 9110, 9; RFC 7396)."""

import json
from typing import Any

import httpx
import pytest
from tests.acceptance.scenario import new_song, problem, see

NDJSON = {"Content-Type": "application/x-ndjson"}
MERGE = {"Content-Type": "application/merge-patch+json"}


def test_post_creates_a_record_and_tells_where_it_is(client: httpx.Client) -> None:
    seen = see(client, "POST", "/songs", json={"title": "Naima", "length": 261})
    record = seen.answer.json()
    assert seen.answer.status_code == 201
    assert seen.answer.headers["Location"] == f"/songs/{record['id']}"
    assert seen.answer.headers["ETag"].startswith(f'"{seen.answer.headers["Antiphon-Position"]}-')
    assert seen.answer.headers["Antiphon-Position"].endswith(f"-{record['revision']}")
    assert (record["title"], record["length"], record["live"], record["tags"]) == ("Naima", 261.0, False, [])
    assert seen.changes == [("song.added", None, record)]
    assert client.get(seen.answer.headers["Location"]).json() == record


@pytest.mark.parametrize("given", [{"id": "mine"}, {"revision": 4}])
def test_post_lets_no_client_name_what_the_service_gives(client: httpx.Client, given: Any) -> None:
    seen = see(client, "POST", "/songs", json={"title": "x", **given})
    assert "PUT /songs/ID" in problem(seen.answer, 422, "invalid")["hint"]
    assert seen.changes == []


def test_put_creates_then_replaces_then_changes_nothing(client: httpx.Client) -> None:
    body = {"title": "Blue Train", "genre": "Jazz"}
    first = see(client, "PUT", "/songs/blue-train", json=body)
    assert (first.answer.status_code, first.answer.headers["Location"]) == (201, "/songs/blue-train")
    record = first.answer.json()
    assert first.changes == [("song.added", None, record)]
    second = see(client, "PUT", "/songs/blue-train", json={"title": "Blue Train", "year": 1957})
    assert second.answer.status_code == 200
    assert "Location" not in second.answer.headers
    replaced = second.answer.json()
    assert (replaced["genre"], replaced["year"]) == (None, 1957)
    assert second.changes == [("song.changed", record, replaced)]
    third = see(client, "PUT", "/songs/blue-train", json=replaced)
    assert third.changes == []
    assert (third.answer.status_code, third.answer.json()) == (200, replaced)
    assert third.answer.headers["ETag"] == second.answer.headers["ETag"]


@pytest.mark.parametrize("id", ["a.b", "a b", "é", "x" * 65, "%00"])
def test_put_under_a_name_that_cannot_be_is_refused(client: httpx.Client, id: str) -> None:
    seen = see(client, "PUT", f"/songs/{id}", json={"title": "x"})
    problem(seen.answer, 422, "invalid")
    assert seen.changes == []


def test_put_with_another_id_in_the_body_is_refused(client: httpx.Client) -> None:
    seen = see(client, "PUT", "/songs/one", json={"title": "x", "id": "two"})
    assert "'two'" in problem(seen.answer, 422, "invalid")["detail"]
    assert seen.changes == []


@pytest.mark.parametrize("headers", [MERGE, {"Content-Type": "application/json; charset=utf-8"}])
def test_patch_merges(client: httpx.Client, headers: dict[str, str]) -> None:
    song = new_song(client, genre="Jazz", year=1960, live=True, tags=["a", "b"])
    body = json.dumps({"year": None, "genre": "Bop", "live": None, "tags": ["c"]})
    seen = see(client, "PATCH", f"/songs/{song['id']}", content=body, headers=headers)
    expected = {**song, "year": None, "genre": "Bop", "live": False, "tags": ["c"]}
    assert seen.answer.status_code == 200
    assert seen.answer.json() == {**expected, "revision": seen.answer.json()["revision"]}
    assert seen.changes == [("song.changed", song, seen.answer.json())]


def test_a_patch_that_changes_nothing_writes_nothing(client: httpx.Client) -> None:
    song = new_song(client, year=1960)
    for body in ({}, {"year": 1960}, {"genre": None}, {"id": song["id"]}):
        seen = see(client, "PATCH", f"/songs/{song['id']}", json=body)
        assert (seen.answer.status_code, seen.answer.json(), seen.changes) == (200, song, [])


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({"title": None}, "title"),
        ({"year": "1960"}, "year"),
        ({"genr": "Jazz"}, "genr"),
        ({"genr": None}, "genr"),
        ({"mood": "sad"}, "mood"),
        ({"id": "other"}, "id"),
        ([1], "object"),
        ("x", "object"),
    ],
)
def test_a_patch_that_breaks_the_declaration_is_refused(
    client: httpx.Client, body: Any, at_fault: str
) -> None:
    song = new_song(client)
    seen = see(client, "PATCH", f"/songs/{song['id']}", json=body)
    assert at_fault in problem(seen.answer, 422, "invalid")["detail"]
    assert seen.changes == []


def test_each_value_at_fault_is_listed(client: httpx.Client) -> None:
    seen = see(client, "POST", "/songs", json={"title": "", "year": "x", "genr": 1})
    errors = problem(seen.answer, 422, "invalid")["errors"]
    assert {each["field"] for each in errors} == {"title", "year", "genr"}
    assert "'genre'" in next(each["detail"] for each in errors if each["field"] == "genr")


def test_delete_removes(client: httpx.Client) -> None:
    song = new_song(client)
    seen = see(client, "DELETE", f"/songs/{song['id']}")
    assert (seen.answer.status_code, seen.answer.content) == (204, b"")
    assert "Content-Type" not in seen.answer.headers
    assert seen.answer.headers["Antiphon-Position"]
    assert seen.changes == [("song.removed", song, None)]
    for method in ("GET", "DELETE", "PATCH"):
        answer = client.request(method, f"/songs/{song['id']}", json={} if method == "PATCH" else None)
        assert song["id"] in problem(answer, 404, "not_found")["detail"]


def test_references_are_held(client: httpx.Client) -> None:
    artist = client.post("/artists", json={"name": "Miles Davis"}).json()
    song = new_song(client, artist_id=artist["id"])
    seen = see(client, "DELETE", f"/artists/{artist['id']}")
    assert "/songs" in problem(seen.answer, 409, "still_referenced")["detail"]
    assert seen.changes == []
    seen = see(client, "PATCH", f"/songs/{song['id']}", json={"artist_id": "nobody"})
    assert "nobody" in problem(seen.answer, 422, "invalid")["detail"]
    assert seen.changes == []


def test_unique_keys_are_held(client: httpx.Client) -> None:
    client.post("/artists", json={"name": "Édith Piaf"})
    seen = see(client, "POST", "/artists", json={"name": "EDITH PIAF"})
    assert "name" in problem(seen.answer, 409, "not_unique")["detail"]
    assert seen.changes == []
    first, second = new_song(client, isrc="A1"), new_song(client, isrc="A2")
    seen = see(client, "PATCH", f"/songs/{second['id']}", json={"isrc": first["isrc"]})
    assert "'A1'" in problem(seen.answer, 409, "not_unique")["detail"]
    assert seen.changes == []


@pytest.mark.parametrize("form", ["array", "lines"])
def test_many_are_written_in_one_transaction(client: httpx.Client, form: str) -> None:
    songs = [{"title": f"Song {number}", "label": form} for number in range(120)]
    if form == "array":
        seen = see(client, "POST", "/songs", json=songs)
        records = seen.answer.json()["items"]
    else:
        body = "\r\n".join(["", *(json.dumps(song) for song in songs), "", ""])
        seen = see(client, "POST", "/songs", content=body, headers=NDJSON)
        assert seen.answer.headers["Content-Type"] == "application/x-ndjson"
        records = [json.loads(line) for line in seen.answer.text.splitlines()]
    assert seen.answer.status_code == 201
    assert [record["title"] for record in records] == [song["title"] for song in songs]
    assert seen.changes == [("song.added", None, record) for record in records]
    first, last = records[0]["revision"], records[-1]["revision"]
    assert last - first == len(songs) - 1
    assert seen.answer.headers["Antiphon-Position"].endswith(f"-{last}")


@pytest.mark.parametrize("form", ["array", "lines"])
@pytest.mark.parametrize(
    ("bad", "status", "code"),
    [
        ({"title": 3}, 422, "invalid"),
        ({"title": "x", "artist_id": "nobody"}, 422, "invalid"),
        ({"title": "x", "isrc": "twice"}, 409, "not_unique"),
        ({"title": "x", "id": "mine"}, 422, "invalid"),
    ],
)
def test_one_bad_item_refuses_all_and_is_named(
    client: httpx.Client, form: str, bad: Any, status: int, code: str
) -> None:
    songs = [{"title": "a", "isrc": "twice"}, {"title": "b"}, bad, {"title": "d"}]
    if form == "array":
        seen = see(client, "POST", "/songs", json=songs)
    else:
        body = "\n".join(json.dumps(song) for song in songs)
        seen = see(client, "POST", "/songs", content=body, headers=NDJSON)
    document = problem(seen.answer, status, code)
    assert document["detail"].startswith("item 2: ")
    assert all(each["item"] == 2 for each in document.get("errors", ()))
    assert seen.changes == []


@pytest.mark.parametrize("form", ["array", "lines"])
def test_many_are_put_under_their_ids(client: httpx.Client, form: str) -> None:
    kept = client.put(f"/songs/{form}-kept", json={"title": "Kept"}).json()
    old = client.put(f"/songs/{form}-old", json={"title": "Old"}).json()
    songs = [
        {"id": f"{form}-kept", "title": "Kept"},
        {"id": f"{form}-old", "title": "New"},
        {"id": f"{form}-more", "title": "More"},
    ]
    if form == "array":
        seen = see(client, "PUT", "/songs", json=songs)
        records = seen.answer.json()["items"]
    else:
        body = "\n".join(json.dumps(song) for song in songs)
        seen = see(client, "PUT", "/songs", content=body, headers=NDJSON)
        records = [json.loads(line) for line in seen.answer.text.splitlines()]
    assert seen.answer.status_code == 200
    assert records[0] == kept
    assert seen.changes == [("song.changed", old, records[1]), ("song.added", None, records[2])]


def test_more_are_put_than_a_transaction_keeps_in_memory(client: httpx.Client) -> None:
    names = [f"crowd-{number}" for number in range(2100)]
    for title in ("First", "Second"):
        answer = client.put("/songs", json=[{"id": name, "title": title} for name in names])
        assert answer.status_code == 200
        assert [(each["id"], each["title"]) for each in answer.json()["items"]] == [
            (name, title) for name in names
        ]


def test_the_same_new_name_twice_in_one_body_is_a_creation_and_a_replacement(client: httpx.Client) -> None:
    songs = [{"id": "twice", "title": "First"}, {"id": "twice", "title": "Second"}]
    seen = see(client, "PUT", "/songs", json=songs)
    first, second = seen.answer.json()["items"]
    assert seen.changes == [("song.added", None, first), ("song.changed", first, second)]


@pytest.mark.parametrize(
    ("method", "content", "headers", "code"),
    [
        ("POST", "", NDJSON, "malformed"),
        ("POST", "\n \n", NDJSON, "malformed"),
        ("POST", '{"title": "x"}\n{"title"', NDJSON, "malformed"),
        ("PUT", '{"title": "x"}', {"Content-Type": "application/json"}, "malformed"),
        ("POST", "", {"Content-Type": "application/json"}, "malformed"),
        ("POST", "[1", {"Content-Type": "application/json"}, "malformed"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    client: httpx.Client, method: str, content: str, headers: dict[str, str], code: str
) -> None:
    seen = see(client, method, "/songs", content=content, headers=headers)
    problem(seen.answer, 400, code)
    assert seen.changes == []


def test_an_empty_array_writes_nothing(client: httpx.Client) -> None:
    seen = see(client, "POST", "/songs", json=[])
    assert seen.changes == []
    assert seen.answer.status_code in (200, 201, 400)
