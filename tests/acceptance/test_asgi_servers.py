"""The application under other ASGI servers, without what ours lends it: nothing else is different."""

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.browsing import Open, browser, parts_of
from tests.acceptance.elsewhere import SERVERS
from tests.acceptance.scenario import new_song, problem, refused, see
from tests.acceptance.server import ROOT, Server, eventually
from tests.acceptance.test_follow_http import following

PROGRAM = Path(__file__).with_name("elsewhere.py")


def answers(server: Server) -> bool:
    """Whether it answers: it says that it listens before it does."""
    try:
        with server.client() as client:
            return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    name: str = request.param
    if importlib.util.find_spec(name) is None:
        missing = f"{name} is not installed: that the application works under it is NOT tested here"
        terminal: Any = request.config.pluginmanager.get_plugin("terminalreporter")
        terminal.write_line(f"\n{missing}", red=True, bold=True)  # skips are not seen in a quiet run
        pytest.skip(missing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASGI_SERVER", name)
        patch.setenv("PYTHONPATH", str(ROOT), prepend=":")
        server = Server(tmp_path_factory.mktemp(name) / "data", PROGRAM, heartbeat_seconds=0.3).start()
        assert eventually(lambda: answers(server))
        yield server
        if server.running:
            server.stop()
        assert server.errors() == []


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def test_it_reads_and_writes(client: httpx.Client) -> None:
    made = see(client, "POST", "/songs", json={"title": "One", "genre": "jazz"})
    assert made.answer.status_code == 201
    assert [kind for kind, *_ in made.changes] == ["song.added"]
    path = made.answer.headers["Location"]
    for _ in range(3):
        found = client.get(path)
        assert (found.status_code, found.json()["title"]) == (200, "One")
        assert found.headers["Antiphon-Position"] == made.answer.headers["Antiphon-Position"]
    tag = {"If-None-Match": found.headers["ETag"]}
    assert client.get(path, headers=tag).status_code == 304
    for turn in range(20):
        assert client.patch(path, json={"year": turn}).status_code == 200
        assert client.get(path, headers=tag).json()["year"] == turn
        assert client.get("/songs?genre=jazz").json()["items"][0]["year"] == turn
    assert client.head(path).headers["Content-Length"] == str(len(client.get(path).content))
    key = {"Idempotency-Key": path}
    first, again = (client.post("/songs", json={"title": "Once"}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    many = client.post("/songs", json=[{"title": "a"}, {"title": "b"}])
    assert (many.status_code, len(many.json()["items"])) == (201, 2)
    lines = b'{"title": "c"}\n' * 3000
    bulk = client.post("/songs", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert bulk.status_code == 201, bulk.text
    assert client.get("/songs.ndjson?title=c").text.count("\n") == 3000
    assert client.post(f"{path}/rename", json={"title": "Uno"}).json()["title"] == "Uno"
    assert client.delete(path).status_code == 204
    problem(client.get(path), 404, "not_found")


def test_it_says_what_is_wrong(client: httpx.Client) -> None:
    song = new_song(client)
    problem(client.get("/songs?nothing=1"), 400, "invalid_query")
    problem(client.get("/nowhere"), 404, "not_found")
    problem(client.delete("/songs"), 405, "method_not_allowed")
    problem(client.get("/songs", headers={"Accept": "image/png"}), 406, "not_acceptable")
    problem(
        client.post("/songs", content=b"x", headers={"Content-Type": "text/plain"}),
        415,
        "unsupported_media_type",
    )
    problem(
        client.post("/songs", content=b"{", headers={"Content-Type": "application/json"}), 400, "malformed"
    )
    problem(client.post("/songs", json={"title": ""}), 422, "invalid")
    problem(
        client.patch(f"/songs/{song['id']}", json={}, headers={"If-Match": '"x"'}), 412, "precondition_failed"
    )
    problem(refused(client, "/songs", **{"Last-Event-ID": "other-1"}), 410, "position_gone")


def test_one_follows_and_resumes_with_nothing_between(client: httpx.Client, server: Server) -> None:
    url = "/songs?genre=followed"
    first = new_song(client, genre="followed")
    with following(client, url) as stream:
        told = stream.take(2)
        assert [each.kind for each in told] == ["present", "live"]
        second = new_song(client, genre="followed")
        (added,) = stream.take(1)
        position = f"{told[1].data['position'].rpartition('-')[0]}-{added.number}"
        assert (added.kind, added.data["id"]) == ("added", second["id"])
    third = new_song(client, genre="followed")
    client.patch(f"/songs/{first['id']}", json={"genre": "left"})
    with following(client, url, **{"Last-Event-ID": position}) as stream:
        later = stream.take(2)
        assert [each.kind for each in later] == ["added", "removed"]
        assert [each.data["id"] for each in later] == [third["id"], first["id"]]
        with server.client() as other:
            new_song(other, genre="followed")
        began = time.monotonic()
        (live,) = stream.take(1)
        assert live.kind == "added"
        assert time.monotonic() - began < 10


def test_pages_are_shown_kept_up_to_date_and_take_forms(server: Server) -> None:
    with browser(server) as client:
        page = client.get("/genres")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        opened = Open(client, "/genres", have=parts_of(page.text))
        assert opened.until_live() == []
        made = client.post("/genres", data={"name": "Fado <b>"})
        assert made.status_code == 303
        assert "Fado &lt;b&gt;" in opened.next().data
        refused_form = client.post("/songs", data={"title": "", "year": "soon"})
        assert (refused_form.status_code, 'value="soon"' in refused_form.text) == (422, True)
        opened.close()
        again = Open(client, "/genres", last=opened.last)
        assert again.until_live() == []
        again.close()


def test_it_stops_while_one_follows_and_keeps_what_was_answered(client: httpx.Client, server: Server) -> None:
    song = new_song(client, title="kept")
    assert server.errors() == []
    with following(client, "/songs?from=now"):
        server.stop()
    server.log.write_text("")  # what they say of a stream that they cut is their own
    server.start()
    assert eventually(lambda: answers(server))
    assert client.get(f"/songs/{song['id']}").json()["title"] == "kept"
