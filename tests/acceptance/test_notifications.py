"""What people do reaches whom it concerns, and nobody else; in one process and in several."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.listening import listening
from tests.acceptance.music import Caller, Music, playing
from tests.acceptance.server import eventually

MOMENT = 2.0
"""Seconds on a busy machine; it is some milliseconds on an idle one."""


@pytest.fixture(scope="module", params=["together", "apart"])
def music(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Music]:
    """All services, both ways."""
    with playing(tmp_path_factory.mktemp("music") / "data", together=request.param == "together") as music:
        yield music


def new_song(music: Music, **fields: Any) -> str:
    """The path of a song that an editor has just added."""
    made = music.client(music.token("editor")).post("/songs", {"title": "Blue", **fields})
    assert made.status_code == 201, made.text
    return f"/songs/{made.json()['id']}"


def say(who: Caller, subject: str, text: str) -> str:
    """The path of a comment that somebody has just made."""
    made = who.post("/comments", {"subject": subject, "text": text})
    assert made.status_code == 201, made.text
    return f"/comments/{made.json()['id']}"


def told(who: Caller) -> list[str]:
    """What somebody was told, in the order of time."""
    return [each["text"] for each in who.get("/notifications?order=time").json()["items"]]


def test_who_is_mentioned_is_told_on_its_open_stream(music: Music) -> None:
    ana, ben, cy = (music.sign_up(f"{name}.1") for name in ("Ana", "ben", "cy"))
    song = new_song(music)
    with listening(ben, "/notifications") as bens, listening(cy, "/notifications") as cys:
        assert eventually(lambda: ben.get(f"/preferences/{ben.id}").status_code == 200)
        begun = time.monotonic()
        comment = say(ana, song, "That bass, @Ben.1!")
        assert eventually(lambda: bool(bens.records("added")))
        at, _ = next(each for each in bens.told if each[1].kind == "added")
        assert at - begun < MOMENT
        (record,) = bens.records("added")
        expected = {
            "kind": "mention",
            "subject": song,
            "latest": comment,
            "actors": ["Ana.1"],
            "count": 1,
            "text": "Ana.1 mentioned you in a comment on a song",
            "read": False,
            "recipient": ben.id,
        }
        assert expected.items() <= record.items()
        assert "people" not in record
        # and to nobody else
        assert told(cy) == told(ana) == []
        assert cy.get(f"/notifications/{record['id']}").status_code == 404
        assert music.client().get("/notifications").status_code == 401
        assert cys.records("added", "changed", "removed") == []


def test_its_owner_reads_it_and_changes_nothing_else(music: Music) -> None:
    ana, ben, cy = (music.sign_up(f"{name}.2") for name in ("ana", "ben", "cy"))
    comment = say(ana, new_song(music), "Listen")
    with listening(ana, f"/unread?id={ana.id}") as unread:
        for who in (ben, cy):
            assert who.post("/likes", {"subject": comment}).status_code == 201
        assert eventually(lambda: told(ana) == ["cy.2 and ben.2 liked your comment"])
        (record,) = ana.get("/notifications").json()["items"]
        path = f"/notifications/{record['id']}"
        assert eventually(lambda: ana.get(f"/unread/{ana.id}").json()["count"] == 1)
        for changes in ({"text": "all is well"}, {"count": 3}, {"recipient": cy.id}):
            assert ana.request("PATCH", path, json=changes).status_code == 422
        assert cy.request("PATCH", path, json={"read": True}).status_code == 404
        assert cy.delete(path).status_code == 404
        assert ana.post("/notifications", {}).status_code == 403
        assert ana.request("PATCH", path, json={"read": True}).json()["read"] is True
        assert eventually(lambda: unread.records("present", "added", "changed")[-1]["count"] == 0)
        assert cy.get(f"/unread/{ana.id}").status_code == 404
        assert ana.request("PATCH", f"/unread/{ana.id}", json={"count": 9}).status_code == 403
    say(ben, comment, "I did")
    assert eventually(lambda: told(ana)[1:] == ["ben.2 replied to your comment"])
    assert ana.delete(path).status_code == 204
    assert told(ana) == ["ben.2 replied to your comment"]


def test_everyone_says_what_it_wants_to_be_told(music: Music) -> None:
    ana, ben = (music.sign_up(f"{name}.3") for name in ("ana", "ben"))
    mine = f"/preferences/{ana.id}"
    assert eventually(lambda: ana.get(mine).status_code == 200)
    kinds = {"mention", "reply", "like", "follower", "song", "album"}
    assert {key for key, value in ana.get(mine).json().items() if value is True} == kinds
    assert ana.request("PUT", mine, json={"follower": False}).status_code == 200
    assert ana.request("PATCH", mine, json={"like": False}).status_code == 200
    for method in ("GET", "PUT", "PATCH"):
        refused = ben.request(method, mine, **({} if method == "GET" else {"json": {"like": True}}))
        assert refused.status_code in (403, 404), method
    assert ana.request("PUT", "/preferences/another", json={}).status_code == 403
    assert ana.post("/preferences", {}).status_code == 403
    comment = say(ana, new_song(music), "Listen")
    assert ben.post("/follows", {"subject": f"/users/{ana.id}"}).status_code == 201
    assert ben.post("/likes", {"subject": comment}).status_code == 201
    say(ben, comment, "@ana.3 I did")
    assert eventually(lambda: told(ana) == ["ben.3 mentioned you in a reply"])


def test_who_follows_an_artist_is_told_what_is_new(music: Music) -> None:
    ana = music.sign_up("ana.4")
    artist = music.client(music.token("editor")).post("/artists", {"name": "Trio"}).json()["id"]
    new_song(music, artist="Trio", artist_id=artist)
    assert ana.post("/follows", {"subject": f"/artists/{artist}"}).status_code == 201
    new_song(music, title="Red", artist="Trio", artist_id=artist)
    assert eventually(lambda: told(ana) == ["New song by Trio: Red"])


def test_nobody_is_told_of_a_comment_that_it_may_not_see(music: Music) -> None:
    ana, ben, cy = (music.sign_up(f"{name}.5") for name in ("ana", "ben", "cy"))
    assert cy.post("/follows", {"subject": f"/users/{ana.id}"}).status_code == 201
    assert ana.request("PATCH", f"/users/{ana.id}", json={"private": True}).status_code == 200
    song = new_song(music)
    say(ana, song, "@ben.5 @cy.5 listen")
    assert eventually(lambda: told(cy) == ["ana.5 mentioned you in a comment on a song"])
    say(cy, song, "@ben.5 you should")
    assert eventually(lambda: told(ben) != [])
    assert told(ben) == ["cy.5 mentioned you in a comment on a song"]


@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_whenever_it_is_killed_each_thing_is_told_once(tmp_path: Path, *, together: bool) -> None:
    with playing(tmp_path / "data", together=together) as music:
        ana, ben = music.sign_up("ana"), music.sign_up("ben")
        song, said = new_song(music), 0
        server = music.server_of("notifications")
        with listening(ben, "/notifications") as bens:
            for pause in (0.0, 0.004, 0.02, 0.1):
                for _ in range(8):
                    say(ana, song, "@ben listen")
                time.sleep(pause)
                server.kill()
                if not together:
                    for _ in range(8):  # the others carry on
                        say(ana, song, "@ben listen")
                server.start()
                said += 8 if together else 16
            text = f"ana mentioned you {said} times in comments on a song"
            assert eventually(lambda: told(ben) == [text])
            assert eventually(lambda: bens.records("added", "changed")[-1]["text"] == text)
            assert eventually(lambda: ben.get(f"/unread/{ben.id}").json()["count"] == 1)
            counts = [each["count"] for each in bens.records("added", "changed")]
            assert len(bens.records("added")) == 1
            assert counts == sorted(set(counts))
