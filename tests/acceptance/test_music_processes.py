"""The processes of music: what they share, what they keep from each other, and what they say at the start."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.acceptance.music import MusicServer, playing, run_music
from tests.acceptance.server import eventually

from antiphon_music.services import SERVICES

Started = Iterator[list[MusicServer]]


@pytest.fixture
def started() -> Started:
    """Servers of a test; at the end none may have logged an error."""
    servers: list[MusicServer] = []
    yield servers
    for server in reversed(servers):
        if server.running:
            server.stop()
        assert server.errors() == []


def get(server: MusicServer, path: str, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(server.url + path, headers=headers, trust_env=False)


def test_services_share_a_folder_and_each_store_has_one_server(
    tmp_path: Path, started: list[MusicServer]
) -> None:
    folder = tmp_path / "data"
    started.append(MusicServer(folder, "identity"))
    url = started[0].start().url
    started.append(MusicServer(folder, "catalog", {"identity": url}))
    started[1].start()
    for first, arguments in (
        (started[0], ("identity",)),
        (started[1], ("catalog", f"--source=identity={url}")),
    ):
        said = run_music("serve", *arguments, "--no-demo", "--port", "0", data=folder, code=1)
        assert f"in use by the server with process id {first.pid}" in " ".join(said.split())
        assert "Traceback" not in said
    everything = run_music("serve", "--no-demo", "--port", "0", data=folder, code=1)
    assert "in use by the server" in " ".join(everything.split())
    taken = run_music("serve", "--no-demo", "--port", str(started[0].port), data=tmp_path / "other", code=1)
    assert "Address already in use" in taken
    assert get(started[1], "/songs").status_code == 200
    # Both believe what the keys in the folder have signed.
    token = run_music("token", "--role", "editor", data=folder).strip()
    for server in started:
        assert get(server, "/.well-known/jwks.json").json()["keys"]
    made = httpx.post(
        started[1].url + "/songs",
        json={"title": "Blue"},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert made.status_code == 201
    (tmp_path / "songs.csv").write_text("title\nRed\n")
    run_music("import", "songs", str(tmp_path / "songs.csv"), data=folder)  # beside a server
    titles = {song["title"] for song in get(started[1], "/songs").json()["items"]}
    assert titles == {"Blue", "Red"}


def test_a_service_in_another_folder_checks_by_the_keys_that_identity_shows(
    tmp_path: Path, started: list[MusicServer]
) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    started.append(MusicServer(home, "identity"))
    url = started[0].start().url
    reading = run_music("token", "--role", "service", data=home).strip()
    started.append(MusicServer(away, "catalog", {"identity": url}, token=reading))
    started[1].start()
    assert not (away / "keys").exists()
    httpx.post(url + "/users", json={"name": "ana", "password": "correct horse"}, trust_env=False)
    signed_in = httpx.post(
        url + "/tokens", json={"name": "ana", "password": "correct horse"}, trust_env=False
    )
    token = signed_in.json()["access_token"]
    assert eventually(lambda: get(started[1], "/songs", token).status_code == 200)
    forged = run_music("token", "--role", "editor", data=tmp_path / "elsewhere").strip()
    assert get(started[1], "/songs", forged).status_code in (401, 503)
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.delete(url + "/session", headers=headers, trust_env=False).status_code == 204
    assert eventually(lambda: get(started[1], "/songs", token).status_code == 401)


def test_what_a_service_needs_is_said(tmp_path: Path) -> None:
    alone = run_music("serve", "catalog", "--port", "0", data=tmp_path, code=1)
    assert "catalog reacts to identity. Say where: --source identity=URL." in " ".join(alone.split())
    unknown = run_music("serve", "catalogue", "--port", "0", data=tmp_path, code=1)
    assert "There is no service 'catalogue'." in unknown
    wrong = run_music("serve", "catalog", "--source", "identity", data=tmp_path, code=1)
    assert "Write SERVICE=URL" in " ".join(wrong.split())
    assert not list(tmp_path.glob("*.db"))


def test_roles_are_given_by_whoever_runs_it(tmp_path: Path) -> None:
    with playing(tmp_path / "data", together=True) as music:
        ana = music.sign_up("ana")
        (key,) = [ana.post("/keys", {"label": "importer"}).json()["key"]]
        assert ana.post("/songs", {"title": "Blue"}).status_code == 403
        run_music("roles", "ana", "listener", "editor", data=music.folder)
        for old in (ana, music.client(key)):
            assert eventually(lambda old=old: old.get("/songs").status_code == 401)  # type: ignore[misc]
        assert music.sign_in("ana").post("/songs", {"title": "Blue"}).status_code == 201
        spoken_for = music.client(run_music("token", "--name", "ana", data=music.folder).strip())
        assert spoken_for.get("/session").json()["roles"] == ["editor", "listener"]
        assert "There is no user 'ben'." in run_music("roles", "ben", "editor", data=music.folder, code=1)
        assert "There is no user 'ben'." in run_music("token", "--name", "ben", data=music.folder, code=1)


def test_all_of_it_is_described_at_one_address(tmp_path: Path) -> None:
    with playing(tmp_path / "data", together=True) as music:
        server = music.servers["music"]
        document = json.loads(get(server, "/openapi.json").text)
        OpenAPIV31SpecValidator(document).validate()
        assert {"/songs", "/users", "/tokens", "/.well-known/jwks.json"} <= document["paths"].keys()
        assert get(server, "/health/ready").text == "ready\n"
        metrics = get(server, "/metrics").text
        for name in SERVICES:
            alone = json.loads(get(server, f"/services/{name}/openapi.json").text)
            OpenAPIV31SpecValidator(alone).validate()
            assert f'antiphon_position{{service="{name}"}}' in metrics
        assert "Ended" not in document["components"]["schemas"]
