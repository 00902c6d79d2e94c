"""A disk that is full or takes no writes: they are refused, reads go on, nothing is lost, and it passes."""

import ctypes
import json
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.ledger import Ledger
from tests.acceptance.scenario import new_song, problem
from tests.acceptance.server import LIBRARY, Server, eventually
from tests.acceptance.stream import Parser

KIBIBYTE = 1024
BIG = {"title": "Big", "tags": ["x" * 1000] * 50}
WRITES = (
    ("POST", "/songs", BIG),
    ("POST", "/songs", [BIG] * 3),
    ("PUT", "/songs/kept", {**BIG, "title": "Other"}),
    ("PATCH", "/songs/kept", {"tags": ["y" * 1000] * 50}),
    ("POST", "/songs/kept/rename", {"title": "z" * 400}),
    ("DELETE", "/songs/kept", None),
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that holds eight megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(client: httpx.Client, kept: list[dict[str, object]]) -> httpx.Response:
    """Write until a write is refused; that answer. What was taken goes to `kept`."""
    for _ in range(1000):
        answer = client.post("/songs", json=BIG)
        if answer.status_code != 201:
            return answer
        kept.append(answer.json())
    raise AssertionError("the disk does not get full")


def refuse_all(client: httpx.Client, status: int, code: str) -> None:
    """What needs room is refused; what needs little may find it."""
    for method, url, body in WRITES:
        answer = client.request(method, url, json=body)
        if len(json.dumps(body)) < 4096 and answer.is_success:
            client.put("/songs/kept", json={"title": "Kept"})
            continue
        assert problem(answer, status, code)["hint"]


def read_all(client: httpx.Client, kept: list[dict[str, object]]) -> None:
    assert client.get("/songs?limit=1").status_code == 200
    for song in kept[::10]:
        assert client.get(f"/songs/{song['id']}").json() == song
    lines = client.get("/songs.ndjson").text.splitlines()
    assert {json.loads(line)["id"] for line in lines} >= {str(song["id"]) for song in kept}
    assert client.get("/health/live").status_code == 200
    assert client.get("/events?limit=5").status_code == 200


def check(server: Server) -> None:
    """The log and the state agree to the last byte."""
    ledger = Ledger(server.folder)
    ledger.read_on()
    ledger.check_tables()


@pytest.mark.parametrize("log", ["with the log elsewhere", "with the log on it"])
def test_a_full_disk_refuses_writes_until_there_is_room(
    serving: Serving, small_disk: Path, tmp_path: Path, log: str
) -> None:
    elsewhere = tmp_path / "elsewhere.log" if log == "with the log elsewhere" else None
    server = serving(small_disk / "data", log=elsewhere)
    kept: list[dict[str, object]] = []
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 4096 * KIBIBYTE)
    with server.client() as client:
        client.put("/songs/kept", json={"title": "Kept"})
        headers = {"Accept": "text/event-stream"}
        with server.client() as other, other.stream("GET", "/songs?from=now", headers=headers) as stream:
            pieces, told = stream.iter_raw(), Parser()
            told.feed(next(pieces))
            problem(fill(client, kept), 507, "store_full")
            assert len(kept) > 5
            refuse_all(client, 507, "store_full")
            read_all(client, kept)
            ballast.unlink()
            assert eventually(lambda: client.post("/songs", json=BIG).status_code == 201, 5)
            last = new_song(client)
            numbers: list[int | None] = []
            while last["revision"] not in numbers:
                numbers += [each.number for each in told.feed(next(pieces)) if each.data is not None]
            assert numbers == list(range(2, int(last["revision"]) + 1))  # told as it was taken, without a gap
        read_all(client, kept)
        client.put("/songs/kept", json={"title": "Kept"})
        for method, url, body in WRITES:
            assert client.request(method, url, json=body).is_success
        assert 'antiphon_store_failures_total{service="library"} 0.0' not in client.get("/metrics").text
    server.forgive("storefailed", "'status': 5")
    server.restart()
    with server.client() as client:
        read_all(client, kept)
    server.stop()
    check(server)


def test_a_full_disk_under_a_long_body_is_told_so(serving: Serving, small_disk: Path, tmp_path: Path) -> None:
    os.environ["TMPDIR"], before = str(small_disk), os.environ.get("TMPDIR")
    try:
        server = serving(tmp_path / "elsewhere")
    finally:
        del os.environ["TMPDIR"]
        if before is not None:
            os.environ["TMPDIR"] = before
    body = "\n".join(json.dumps(BIG) for _ in range(300))
    with server.client() as client:
        answer = client.post("/songs", content=body, headers={"Content-Type": "application/x-ndjson"})
        problem(answer, 507, "store_full")
        assert client.get("/songs").json()["items"] == []
        assert new_song(client)["revision"] == 1
    server.forgive("'status': 507", "No space left")


@pytest.mark.parametrize("at", ["once", "a later byte"])
def test_files_that_may_not_grow_refuse_writes(serving: Serving, at: str) -> None:
    """Not even the file of the log: what cannot be noted is done or refused all the same."""
    server = serving()
    kept: list[dict[str, object]] = []
    with server.client() as client:
        client.put("/songs/kept", json={"title": "Kept"})
        longest = max(path.stat().st_size for path in server.folder.iterdir())
        bound = 1 if at == "once" else longest + 200 * KIBIBYTE + 123
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (bound, resource.RLIM_INFINITY))
        answer = fill(client, kept)
        assert answer.status_code in (503, 507), answer.text
        problem(answer, answer.status_code, answer.json()["code"])
        for method, url, body in WRITES[:4]:
            assert client.request(method, url, json=body).status_code in (503, 507)
        read_all(client, kept)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        song = new_song(client)
        read_all(client, [*kept, song])
    server.forgive("storefailed", "'status': 50")
    server.kill()
    server.start()
    with server.client() as client:
        read_all(client, [*kept, song])
    server.stop()
    check(server)


def without_privilege() -> None:
    """Make permissions count for root too, in the server's process (capabilities(7): CAP_DAC_…)."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: it is gone after exec


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Server]:
    """A server whose process permissions apply to."""
    folder = tmp_path / "data"
    folder.mkdir()
    server = Server(folder, LIBRARY)
    server.prepare = without_privilege
    yield server
    folder.chmod(0o755)
    if server.running:
        server.stop()


def test_a_folder_that_becomes_read_only_harms_nothing(strict: Server) -> None:
    server = strict
    server.start()
    with server.client() as client:
        song = client.put("/songs/kept", json={"title": "Kept"}).json()
        for path in (*server.folder.iterdir(), server.folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
        answers = [client.request(method, url, json=body) for method, url, body in WRITES[:3]]
        assert all(answer.is_success or answer.status_code in (503, 507) for answer in answers)
        read_all(client, [])
        assert song["id"] == client.get("/songs/kept").json()["id"]
    for path in (server.folder, *server.folder.iterdir()):
        path.chmod(0o755)
    assert server.stop() == 0
    check(server)


def test_a_folder_that_is_read_only_from_the_start_is_refused_clearly_and_kept(strict: Server) -> None:
    server = strict
    server.start()
    with server.client() as client:
        client.put("/songs/kept", json={"title": "Kept"})
    server.stop()
    for path in (*server.folder.iterdir(), server.folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    with pytest.raises(RuntimeError, match=rf"{server.folder} cannot be used: Permission denied"):
        server.start()
    server.folder.chmod(0o755)
    for path in server.folder.iterdir():
        path.chmod(0o644)
    check(server)
