"""Actions: a user's own functions, each one transaction, told together."""

from typing import Any

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import new_song, problem, see


def test_an_action_answers_with_what_it_returns(client: httpx.Client) -> None:
    song = new_song(client)
    seen = see(client, "POST", f"/songs/{song['id']}/rename", json={"title": "Renamed"})
    record = seen.answer.json()
    assert (seen.answer.status_code, record["title"]) == (200, "Renamed")
    assert seen.answer.headers["ETag"].startswith(f'"{seen.answer.headers["Antiphon-Position"]}-')
    assert seen.changes == [("song.changed", song, record)]


def test_an_action_that_returns_nothing_answers_204_and_needs_no_body(client: httpx.Client) -> None:
    song = new_song(client, genre="Jazz")
    seen = see(client, "POST", f"/songs/{song['id']}/forget")
    assert (seen.answer.status_code, seen.answer.content) == (204, b"")
    assert [kind for kind, _, _ in seen.changes] == ["song.changed"]


def test_the_changes_of_an_action_are_told_together(client: httpx.Client) -> None:
    song = new_song(client, genre="Jazz")
    seen = see(client, "POST", f"/songs/{song['id']}/split", json={"titles": ["One", "Two"]})
    one, two = seen.answer.json()
    assert "ETag" not in seen.answer.headers
    assert seen.changes == [
        ("song.removed", song, None),
        ("song.added", None, one),
        ("song.added", None, two),
    ]
    assert one["revision"] + 1 == two["revision"]


def test_an_action_that_refuses_undoes_what_it_did(client: httpx.Client) -> None:
    song = new_song(client)
    seen = see(client, "POST", f"/songs/{song['id']}/refuse")
    assert problem(seen.answer, 422, "invalid")["hint"] == "Ask another song."
    assert seen.changes == []
    assert client.get(f"/songs/{song['id']}").json() == song


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [({}, "title"), ({"title": 3}, "title"), ({"title": "x", "more": 1}, "more"), ([], "object"), (None, "")],
)
def test_arguments_are_checked(client: httpx.Client, body: Any, at_fault: str) -> None:
    song = new_song(client)
    seen = see(client, "POST", f"/songs/{song['id']}/rename", json=body)
    assert at_fault in problem(seen.answer, 422, "invalid")["detail"]
    assert seen.changes == []


def test_a_result_that_breaks_the_declaration_is_refused(client: httpx.Client) -> None:
    song = new_song(client)
    seen = see(client, "POST", f"/songs/{song['id']}/rename", json={"title": ""})
    problem(seen.answer, 422, "invalid")
    assert seen.changes == []


def test_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    song = new_song(client)
    answer = client.post(f"/songs/{song['id']}/renam", json={"title": "x"})
    assert "'rename'" in problem(answer, 404, "not_found")["hint"]
    problem(client.post("/songs/nobody/rename", json={"title": "x"}), 404, "not_found")
    problem(client.post("/genres/jazz/rename", json={"title": "x"}), 404, "not_found")


def test_an_action_keeps_to_a_precondition(client: httpx.Client) -> None:
    song = new_song(client)
    url = f"/songs/{song['id']}/rename"
    seen = see(client, "POST", url, json={"title": "x"}, headers={"If-Match": '"other"'})
    problem(seen.answer, 412, "precondition_failed")
    assert seen.changes == []
    tag = client.get(f"/songs/{song['id']}").headers["ETag"]
    assert client.post(url, json={"title": "x"}, headers={"If-Match": tag}).status_code == 200


def test_an_action_that_fails_by_mistake_undoes_what_it_did(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        song = new_song(client)
        seen = see(client, "POST", f"/songs/{song['id']}/stumble")
        assert new_song(client)["revision"] == song["revision"] + 1
    document = problem(seen.answer, 500, "internal")
    assert "stumbled" not in seen.answer.text  # what failed inside is for the log alone
    assert seen.changes == []
    (failure,) = [each for each in server.errors() if each["event"] == "failed"]
    assert failure["request_id"] == document["request_id"]
    assert "the action stumbled" in failure["error"]
    server.forgive("the action stumbled", "'status': 500")
