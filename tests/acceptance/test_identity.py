"""People sign up, sign in and out again, in one process and in several."""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import httpx
import pytest
from tests.acceptance.music import Caller, Music, playing
from tests.acceptance.server import eventually

PASSWORD = "correct horse"


@pytest.fixture(scope="module", params=["together", "apart"])
def music(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Music]:
    """All services, both ways."""
    with playing(tmp_path_factory.mktemp("music") / "data", together=request.param == "together") as music:
        yield music


@contextmanager
def followed(who: Caller, path: str) -> Iterator[list[str]]:
    """The lines of a stream; the list ends with "" once the stream has."""
    lines: list[str] = []
    begun = []

    def follow() -> None:
        with who.http.stream("GET", who.music.at(path), headers={"Accept": "text/event-stream"}) as stream:
            begun.append(stream.status_code)
            lines.extend(stream.iter_lines())

    def read() -> None:
        with suppress(httpx.HTTPError):
            follow()
        lines.append("")

    thread = Thread(target=read, daemon=True)
    thread.start()
    assert eventually(lambda: bool(begun))
    yield lines
    thread.join(30)


def granted(music: Music, **given: str) -> httpx.Response:
    return music.client().post("/tokens", given)


def test_who_signs_up_is_a_listener_whose_name_is_taken(music: Music) -> None:
    someone = music.client()
    made = someone.post("/users", {"name": "Ana.Lima", "password": PASSWORD, "display_name": "Ana"})
    assert made.status_code == 201
    user = made.json()
    assert user.keys() == {"id", "revision", "name", "display_name", "private", "created"}
    position = made.headers["Antiphon-Position"]
    read = someone.get(made.headers["Location"], headers={"Antiphon-Min-Position": position})
    assert read.json() == user
    for name in ("Ana.Lima", "ana.lima"):
        taken = someone.post("/users", {"name": name, "password": PASSWORD})
        assert (taken.status_code, taken.json()["code"]) == (409, "not_unique")
    signed_in = music.sign_in("ANA.LIMA")
    session = signed_in.get("/session").json()
    assert (session["user"], session["roles"]) == (user["id"], ["listener"])


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "password": "seven c"},
        {"name": "x", "password": "x" * 201},
        {"name": "", "password": PASSWORD},
        {"name": "x" * 41, "password": PASSWORD},
        {"name": "two words", "password": PASSWORD},
        {"name": "ends.", "password": PASSWORD},
        {"name": "é", "password": PASSWORD},
        {"name": "admin", "password": PASSWORD, "roles": ["editor"]},
        {"name": "x"},
    ],
)
def test_who_cannot_be_mentioned_or_has_no_password_is_refused(music: Music, body: dict[str, str]) -> None:
    refused = music.client().post("/users", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert str(body.get("password")) not in refused.text


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(music: Music) -> None:
    music.sign_up("bea")
    answers, seconds = [], {"bea": [], "nobody-here": []}  # type: ignore[var-annotated]
    for attempt in range(3):
        for name in seconds:
            begun = time.perf_counter()
            refused = granted(music, name=name, password=f"wrong horse {attempt}")
            seconds[name].append(time.perf_counter() - begun)
            problem = refused.json()
            del problem["request_id"]
            answers.append((refused.status_code, problem, refused.headers.get("WWW-Authenticate")))
    assert [answer[0] for answer in answers] == [401] * 6
    assert all(answer == answers[0] for answer in answers)
    medians = [statistics.median(each) for each in seconds.values()]
    assert max(medians) < 3 * min(medians)  # without a hash for nobody it is a hundred times
    for name in seconds:
        tries = (granted(music, name=name, password="wrong again") for _ in range(20))
        waiting = next(each for each in tries if each.status_code != 401)
        assert (waiting.status_code, waiting.json()["code"]) == (429, "too_many_requests")
        assert int(waiting.headers["Retry-After"]) > 0


def test_a_refresh_token_is_good_once_and_used_again_ends_the_session(music: Music) -> None:
    music.sign_up("carl")
    first = granted(music, name="carl", password=PASSWORD).json()
    assert first.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 900)
    second = granted(music, refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    carl = music.client(second["access_token"])
    assert carl.get("/session").status_code == 200
    replayed = granted(music, refresh_token=first["refresh_token"])
    assert (replayed.status_code, replayed.json()["code"]) == (401, "not_signed_in")
    assert granted(music, refresh_token=second["refresh_token"]).status_code == 401
    for token in (first["access_token"], second["access_token"]):
        assert music.client(token).get("/session").status_code == 401
    for garbage in ("", ".", "x", "x.y", "\U0001f600.\x00", f"{first['refresh_token']}x"):
        assert granted(music, refresh_token=garbage).status_code == 401


def test_credentials_are_one_or_the_other(music: Music) -> None:
    for given in ({}, {"name": "dora"}, {"name": "dora", "password": PASSWORD, "refresh_token": "x.y"}):
        assert music.client().post("/tokens", given).status_code == 422


def test_signing_out_ends_tokens_and_streams_in_every_service(music: Music) -> None:
    dora = music.sign_up("dora")
    (session,) = dora.get("/sessions").json()["items"]
    assert session["user"] == dora.id
    assert session.keys() == {"id", "revision", "user", "started", "used", "expires", "agent"}
    with followed(dora, "/songs") as songs, followed(dora, "/users") as users:
        assert eventually(lambda: "event: live" in songs and "event: live" in users)
        begun = time.monotonic()
        assert dora.delete(f"/sessions/{session['id']}").status_code == 204
        assert eventually(lambda: songs[-1] == "" == users[-1] and songs[-2:] != [""])
        assert time.monotonic() - begun < 10
    for path in ("/session", "/songs", "/sessions"):
        assert eventually(lambda path=path: dora.get(path).status_code == 401)  # type: ignore[misc]
    assert music.client().get("/songs").status_code == 200


def test_a_session_is_its_owners(music: Music) -> None:
    eva, finn = music.sign_up("eva"), music.sign_up("finn")
    (session,) = eva.get("/sessions").json()["items"]
    assert [each["user"] for each in finn.get("/sessions").json()["items"]] == [finn.id]
    assert finn.get(f"/sessions/{session['id']}").status_code == 404
    assert finn.delete(f"/sessions/{session['id']}").status_code == 404
    assert eva.request("PATCH", f"/sessions/{session['id']}", json={"user": finn.id}).status_code == 403
    assert finn.get("/revocations").status_code == 403
    assert music.client().get("/sessions").status_code == 401
    for path in ("/passwords", "/services/identity/passwords", "/passwords/" + eva.id):
        url = music.server_of("identity").url + path
        assert finn.http.get(url).status_code == 404
    log = finn.http.get(music.events("identity"), params={"limit": 1000}).text
    assert "argon2" not in log
    assert "refresh" not in log


def test_a_key_speaks_for_its_owner_until_it_is_ended(music: Music) -> None:
    gina = music.sign_up("gina")
    made = gina.post("/keys", {"label": "the radio", "days": 10})
    assert made.status_code == 201
    key = made.json()
    left = datetime.fromisoformat(key["expires"]) - datetime.now(UTC)
    assert 9 < left.total_seconds() / 86_400 <= 10
    radio = music.client()
    radio.http.headers["X-API-Key"] = key["key"]
    assert radio.get("/session").json()["user"] == gina.id
    assert music.client(key["key"]).get("/songs").status_code == 200
    (listed,) = gina.get("/keys").json()["items"]
    assert listed == {name: value for name, value in key.items() if name != "key"}
    hugo = music.sign_up("hugo")
    assert hugo.get("/keys").json()["items"] == []
    assert hugo.delete(f"/keys/{key['id']}").status_code == 404
    assert gina.delete(f"/keys/{key['id']}").status_code == 204
    for path in ("/session", "/songs"):
        assert eventually(lambda path=path: radio.get(path).status_code == 401)  # type: ignore[misc]
    assert gina.get("/songs").status_code == 200
    assert music.client().post("/keys", {"label": "nobody's"}).status_code == 401
    assert gina.post("/keys", {"label": "", "days": 10}).status_code == 422


def test_a_browser_signs_in_by_a_cookie(music: Music) -> None:
    music.sign_up("ida")
    browser = music.client()
    url = music.at("/session")
    origin = url.removesuffix("/session")
    form = {"name": "ida", "password": PASSWORD}
    foreign = browser.http.post(url, data=form, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    signed_in = browser.http.post(url, data=form, headers={"Origin": origin})
    assert (signed_in.status_code, signed_in.content) == (204, b"")
    cookie = signed_in.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert browser.get("/session").json()["name"] == "ida"
    crossed = browser.delete("/session", headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403
    left = browser.delete("/session", headers={"Origin": origin})
    assert left.status_code == 204
    assert "Max-Age=0" in left.headers["Set-Cookie"]
    stolen = music.client()
    stolen.http.headers["Cookie"] = cookie.partition(";")[0]
    assert stolen.get("/session").status_code == 401


def test_a_new_password_ends_the_other_sessions(music: Music) -> None:
    june, other = music.sign_up("june"), music.sign_in("june")
    path = f"/users/{june.id}/password"
    assert june.post(path, {"old": "wrong horse", "new": "battery staple"}).status_code == 401
    assert june.post(path, {"old": PASSWORD, "new": "short"}).status_code == 422
    assert music.sign_up("kim").post(path, {"old": PASSWORD, "new": "battery staple"}).status_code == 403
    assert june.post(path, {"old": PASSWORD, "new": "battery staple"}).status_code == 204
    assert other.get("/session").status_code == 401
    assert june.get("/session").status_code == 200
    assert granted(music, name="june", password=PASSWORD).status_code == 401
    assert granted(music, name="june", password="battery staple").status_code == 200


def test_one_changes_oneself_and_nobody_else(music: Music) -> None:
    lea, max_ = music.sign_up("lea"), music.sign_up("max")
    path = f"/users/{lea.id}"
    changed = lea.request("PATCH", path, json={"private": True, "display_name": "Lea"})
    assert (changed.status_code, changed.json()["private"]) == (200, True)
    assert max_.request("PATCH", path, json={"private": False}).status_code == 403
    assert lea.request("PATCH", path, json={"name": "leo"}).status_code == 422
    assert lea.request("PATCH", path, json={"roles": ["editor"]}).status_code in (403, 422)
    assert lea.request("PUT", "/users/made-up", json={"name": "made-up"}).status_code == 403
    assert max_.delete(path).status_code == 403
    assert lea.delete(path).status_code == 204
    assert max_.get(path).status_code == 404
    assert lea.get("/session").status_code == 401
    assert granted(music, name="lea", password=PASSWORD).status_code == 401
    assert music.client().post("/users", {"name": "lea", "password": PASSWORD}).status_code == 201


def test_editors_write_the_catalogue_and_listeners_read_it(music: Music) -> None:
    listener, editor = music.sign_up("nora"), music.client(music.token("editor"))
    song = {"title": "Blue"}
    assert music.client().post("/songs", song).status_code == 401
    assert listener.post("/songs", song).status_code == 403
    made = editor.post("/songs", song)
    assert made.status_code == 201
    path = made.headers["Location"]
    assert listener.get(path).json() == made.json()
    for method, body in (("PATCH", {"title": "Red"}), ("PUT", {"title": "Red"}), ("DELETE", None)):
        assert listener.request(method, path, json=body).status_code == 403
    assert editor.request("PATCH", path, json={"title": "Red"}).json()["title"] == "Red"
    assert editor.get("/session").json() == {
        "user": "operator",
        "name": None,
        "roles": ["editor"],
        "session": None,
    }


def test_nothing_keeps_a_password_in_clear(music: Music) -> None:
    secret = "never to be seen again"
    music.sign_up("olga", secret)
    assert granted(music, name="olga", password=secret + "!").status_code == 401
    kept = b"".join(path.read_bytes() for path in music.folder.rglob("*") if path.is_file())
    logged = "".join(server.log.read_text() for server in music.servers.values())
    assert secret.encode() not in kept
    assert secret not in logged
    assert b"$argon2id$" in kept


def test_what_was_answered_is_there_after_a_kill(music: Music) -> None:
    pia = music.sign_up("pia")
    server = music.server_of("identity")
    server.kill()
    server.start()
    assert pia.get("/session").status_code == 200
    assert music.sign_in("pia").id == pia.id
    assert pia.delete("/session").status_code == 204
    server.kill()
    server.start()
    assert pia.get("/session").status_code == 401
    assert eventually(lambda: pia.get("/songs").status_code == 401)


def test_the_events_of_each_service_have_their_place(music: Music) -> None:
    editor = music.client(music.token("editor"))
    song = editor.post("/songs", {"title": "Told"}).json()
    told = editor.http.get(music.events("catalog"), params={"type": "song.added", "limit": 1000}).json()
    assert song["id"] in [event["data"]["after"]["id"] for event in told]
    assert {event["source"] for event in told} == {"/catalog"}
    assert all(event["source"] == "/identity" for event in editor.http.get(music.events("identity")).json())
    if music.together:
        lost = editor.http.get(music.server_of("catalog").url + "/events")
        assert lost.status_code == 404
        assert "/services/identity/events" in lost.json()["hint"]


def schema_of(document: dict[str, Any], path: str) -> Any:
    return document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]


def test_the_description_says_how_to_sign_up(music: Music) -> None:
    document = json.loads(httpx.get(music.server_of("identity").url + "/openapi.json", trust_env=False).text)
    assert schema_of(document, "/users")["required"] == ["name", "password"]
    assert {"name", "password", "refresh_token"} == schema_of(document, "/tokens")["properties"].keys()
    assert document["paths"]["/session"].keys() >= {"get", "post", "delete"}
