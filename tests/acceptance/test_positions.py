"""Positions that cannot be met: expired, of another log, ahead of the log; each client is told so."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.ledger import FILE, Ledger
from tests.acceptance.scenario import new_song, problem, refused
from tests.acceptance.server import Server, eventually
from tests.acceptance.stream import Parser, number_of

STREAM = {"Accept": "text/event-stream"}
WAYS = {
    "page": ("/songs", "Antiphon-Min-Position", "application/json"),
    "record": ("/songs/kept", "Antiphon-Min-Position", "application/json"),
    "export": ("/songs.ndjson", "Antiphon-Min-Position", "application/json"),
    "list": ("/songs", "Antiphon-Min-Position", "text/event-stream"),
    "stream": ("/songs?from={}", "", "text/event-stream"),
    "window": ("/songs?order=title&limit=2&from={}", "", "text/event-stream"),
    "stream, resumed": ("/songs", "Last-Event-ID", "text/event-stream"),
    "window, resumed": ("/songs?order=title&limit=2", "Last-Event-ID", "text/event-stream"),
    "events": ("/events?from={}", "", "application/json"),
    "events, newer": ("/events", "Antiphon-Min-Position", "application/json"),
    "events, streamed": ("/events?from={}", "", "text/event-stream"),
    "events, resumed": ("/events", "Last-Event-ID", "text/event-stream"),
}
FOLLOWING = [way for way, (url, header, _) in WAYS.items() if "{}" in url or header == "Last-Event-ID"]


def ask(client: httpx.Client, way: str, position: str) -> httpx.Response:
    """The refusal that `position` meets in one of `WAYS`."""
    url, header, accept = WAYS[way]
    headers = {"Accept": accept} | ({header: position} if header else {})
    return refused(client, url.format(position), **headers)


def position_of(client: httpx.Client) -> str:
    return str(client.get("/songs?limit=1").headers["Antiphon-Position"])


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_position_is_refused(client: httpx.Client, way: str) -> None:
    for position in ("x", "5", "-1", "abcd-", "abcd--1", "abcd-01", "abcd-" + "9" * 40, "ABCD-1", "a" * 3000):
        document = problem(ask(client, way, position), 400, "invalid_position")
        assert position[:80] in document["detail"]


@pytest.mark.parametrize("way", WAYS)
def test_a_position_of_another_log_is_gone(client: httpx.Client, way: str) -> None:
    client.put("/songs/kept", json={"title": "Kept"})
    document = problem(ask(client, way, "00000000-3"), 410, "position_gone")
    assert "00000000-3" in document["detail"]
    assert document["hint"]


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, str]]:
    """A server whose log lost its oldest entries; a position before them, and the oldest that is kept."""
    server = Server(
        tmp_path_factory.mktemp("pruned") / "data",
        retention_bytes=20_000,
        heartbeat_seconds=0.2,
        wait_seconds=0.3,
    )
    server.start()
    try:
        with server.client() as client:
            client.put("/songs/kept", json={"title": "Kept"})
            lost = position_of(client)
            body = "\n".join(json.dumps({"title": "x" * 400}) for _ in range(2000))
            client.post("/songs", content=body, headers={"Content-Type": "application/x-ndjson"})
            assert eventually(lambda: oldest(client) > 1900)
            last = f"{lost.rpartition('-')[0]}-{oldest(client) - 1}"
        yield server, lost, last
    finally:
        server.stop()
    assert server.errors() == []


@pytest.mark.parametrize("way", WAYS)
def test_a_position_ahead_of_the_log_is_waited_for_and_not_for_ever(
    pruned: tuple[Server, str, str], way: str
) -> None:
    server, lost, _ = pruned
    with server.client() as client:
        started = time.monotonic()
        answer = ask(client, way, f"{lost.rpartition('-')[0]}-99999")
        assert 0.3 <= time.monotonic() - started < 3
        problem(answer, 503, "position_too_new")
        assert answer.headers["Retry-After"]


@pytest.mark.parametrize("way", ["page", "list", "stream", "events"])
def test_a_position_ahead_of_the_log_is_met_when_it_comes(serving: Serving, way: str) -> None:
    server = serving(wait_seconds=20)
    url, header, accept = WAYS[way]
    with server.client() as client, server.client() as other:
        ahead = f"{position_of(client).rpartition('-')[0]}-2"
        new_song(other)
        later = threading.Timer(0.5, lambda: [new_song(other), new_song(other)])
        later.start()
        started = time.monotonic()
        headers = {"Accept": accept} | ({header: ahead} if header else {})
        with client.stream("GET", url.format(ahead), headers=headers) as answer:
            assert answer.status_code == 200
            assert 0.3 <= time.monotonic() - started < 10
        later.join()


def oldest(client: httpx.Client) -> int:
    answer = client.get("/events?limit=1")
    return number_of(answer.json()[0]["id"])


@pytest.mark.parametrize("way", FOLLOWING)
def test_a_position_that_is_no_longer_kept_is_gone(pruned: tuple[Server, str, str], way: str) -> None:
    server, lost, _ = pruned
    with server.client() as client:
        document = problem(ask(client, way, lost), 410, "position_gone")
        assert lost in document["detail"]


def test_the_oldest_position_that_is_kept_is_good(pruned: tuple[Server, str, str]) -> None:
    server, lost, last = pruned
    with server.client() as client:
        for url in (f"/songs?from={last}", f"/events?from={last}"):
            with client.stream("GET", url, headers=STREAM) as answer:
                assert answer.status_code == 200
                pieces, told = answer.iter_raw(), Parser()
                while not (found := [each for each in told.feed(next(pieces)) if each.data is not None]):
                    pass
                assert found[0].number == number_of(last) + 1
        # what is gone from the log is still there to be read, and nothing newer is missed from there on
        assert client.get("/songs/kept", headers={"Antiphon-Min-Position": lost}).status_code == 200
    server.restart()
    with server.client() as client:
        new = new_song(client)
        assert new["revision"] == 2002


def test_one_who_is_overtaken_by_retention_is_told_that_it_is_gone(serving: Serving) -> None:
    server = serving(heartbeat_seconds=0.2, readers=1)
    with server.client() as client:
        new_song(client)
        start = position_of(client)
        body = "\n".join(json.dumps({"title": "x" * 400, "tags": ["y" * 4000]}) for _ in range(2500))
        client.post("/songs", content=body, headers={"Content-Type": "application/x-ndjson"})
        end = number_of(position_of(client))
        with client.stream("GET", f"/songs?from={start}", headers=STREAM) as answer:
            pieces, told = answer.iter_raw(), Parser()
            found = [each for each in told.feed(next(pieces)) if each.data is not None]
            server.signal(signal.SIGSTOP)
            with_lock = apsw.Connection(str(server.folder / FILE))
            with_lock.set_busy_timeout(10_000)
            with_lock.execute("DELETE FROM antiphon_log WHERE position < ?", (end,))
            with_lock.close()
            server.signal(signal.SIGCONT)
            for piece in pieces:
                found += [each for each in told.feed(piece) if each.data is not None]
                if found[-1].kind == "gone" or found[-1].number == end:
                    break
            numbers = [each.number for each in found if each.kind != "gone"]
            assert numbers == list(range(2, 2 + len(numbers)))  # no silent gap
            assert found[-1].kind == "gone"
            assert found[-1].data["code"] == "position_gone"
            assert b"".join(pieces) in (b"", b"retry: 1000\n\n")


def antiphon(*arguments: str) -> None:
    """Run the command beside this Python."""
    command = Path(sys.executable).with_name("antiphon")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_restored_backup_is_another_log(serving: Serving, tmp_path: Path) -> None:
    server = serving()
    with server.client() as client:
        song = new_song(client)
        known = position_of(client)
        client.put("/songs/kept", json={"title": "Kept"})
        store, copy = str(server.folder / "library"), str(tmp_path / "copy.db")
        antiphon("backup", store, copy)
        new_song(client)  # not in the copy, and not to be followed from
        later = position_of(client)
    server.stop()
    antiphon("restore", "--overwrite", copy, store)
    server.start()
    with server.client() as client:
        assert client.get(f"/songs/{song['id']}").json() == song
        assert position_of(client).rpartition("-")[0] != known.rpartition("-")[0]
        for way in WAYS:
            for position in (known, later):
                assert position in problem(ask(client, way, position), 410, "position_gone")["detail"]
        assert new_song(client)["revision"] == 3
    server.stop()
    ledger = Ledger(server.folder)
    ledger.read_on()
    ledger.check_tables()


def test_a_clock_that_jumps_back_disturbs_nothing(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        first = [new_song(client, genre="clock") for _ in range(3)]
        early = client.post("/songs", json={"title": "Key"}, headers={"Idempotency-Key": "clock"})
        assert early.status_code == 201
    server.stop()
    future = "2199-01-01T00:00:00.000000Z"  # written when the clock was far ahead: now it jumped back
    connection = apsw.Connection(str(server.folder / FILE))
    connection.execute("UPDATE antiphon_log SET time = ?", (future,))
    connection.close()
    server.start()
    with server.client() as client:
        position = position_of(client)
        more = [new_song(client, genre="clock") for _ in range(3)]
        answer = client.get(f"/events?from={position}")
        assert [each["time"] for each in answer.json()] == [future] * 3
        ids = [each["id"] for each in (*first, *more)]
        assert ids == sorted(ids)
        assert client.get("/songs?genre=clock").json()["items"] == [*first, *more]
        again = client.post("/songs", json={"title": "Key"}, headers={"Idempotency-Key": "clock"})
        assert again.json() == early.json()
    server.stop()
    Ledger(server.folder).read_on()
