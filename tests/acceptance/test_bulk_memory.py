"""Whole collections, in and out, in memory that does not grow with them."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import problem, since
from tests.acceptance.server import Server

MEBIBYTE = 1024 * 1024
NDJSON = {"Content-Type": "application/x-ndjson"}
LABEL = "x" * 200
"""Makes a record half a kilobyte: beside it, each is kept in the log, in the table and in the answer."""


def lines(count: int) -> Iterator[bytes]:
    """Songs as NDJSON, a thousand at a time."""
    for start in range(0, count, 1000):
        yield b"".join(
            b'{"title": "Song %d", "label": "%b", "year": %d, "genre": "bulk"}\n'
            % (number, LABEL.encode(), number)
            for number in range(start, start + 1000)
        )


def take_all(client: httpx.Client, method: str, url: str, content: Iterator[bytes] | None = None) -> int:
    """The number of lines in an answer, read piece by piece."""
    headers = NDJSON if content is not None else {}
    with client.stream(method, url, content=content, headers=headers) as answer:
        assert answer.is_success, answer.read()
        return sum(piece.count(b"\n") for piece in answer.iter_raw())


def carry(server: Server, count: int, bound: int) -> None:
    with server.client() as client:
        take_all(client, "POST", "/songs", lines(3000))
        take_all(client, "GET", "/songs.ndjson")
        position = client.get("/songs?limit=1").headers["Antiphon-Position"]
        server.forget_peak()
        before = server.memory()
        assert take_all(client, "POST", "/songs", lines(count)) == count
        taken = server.peak() - before
        server.forget_peak()
        before = server.memory()
        assert take_all(client, "GET", "/songs.ndjson") == count + 3000
        given = server.peak() - before
        assert taken < bound * MEBIBYTE, f"{taken / MEBIBYTE:.0f} MiB to take {count} records"
        assert given < bound * MEBIBYTE, f"{given / MEBIBYTE:.0f} MiB to give {count} records"
        kinds = [kind for kind, _, _ in since(client, position)]
        assert kinds == ["song.added"] * 1000


def test_collections_come_and_go_in_constant_memory(serving: Serving) -> None:
    carry(serving(), 25_000, 100)  # caches, most of it: 200,000 need as much


@pytest.mark.long
def test_200_000_records_come_and_go_in_constant_memory(serving: Serving) -> None:
    carry(serving(snapshot_seconds=300), 200_000, 100)


def test_readers_go_on_while_many_are_taken(serving: Serving) -> None:
    server = serving()
    with server.client() as client, server.client() as other:
        slowest = 0.0

        def pieces() -> Iterator[bytes]:
            nonlocal slowest
            for piece in lines(10_000):
                started = time.perf_counter()
                assert other.get("/songs?limit=1").json()["items"] == []  # none before all
                assert other.post("/genres", json={"name": "x"}).status_code == 201  # nor others held up
                slowest = max(slowest, time.perf_counter() - started)
                yield piece

        assert take_all(client, "POST", "/songs", pieces()) == 10_000
        assert slowest < 2


def test_a_late_fault_refuses_everything(serving: Serving) -> None:
    server = serving()

    def pieces() -> Iterator[bytes]:
        yield from lines(5000)
        yield b'{"title": 5}\n'

    with server.client() as client:
        answer = client.post("/songs", content=pieces(), headers=NDJSON)
        assert problem(answer, 422, "invalid")["detail"].startswith("item 5000: ")
        assert client.get("/songs.ndjson").content == b""
        assert client.post("/songs", json={"title": "First"}).json()["revision"] == 1


def test_an_export_is_one_state(serving: Serving) -> None:
    server = serving()
    with server.client() as client, server.client() as other:
        take_all(client, "POST", "/songs", lines(10_000))
        with client.stream("GET", "/songs.ndjson?order=year") as answer:
            pieces = answer.iter_raw()
            found = [next(pieces)]
            position = answer.headers["Antiphon-Position"]
            first = json.loads(found[0].partition(b"\n")[0])
            assert other.delete(f"/songs/{first['id']}").status_code == 204
            take_all(other, "POST", "/songs", lines(1000))
            found += pieces
        years = [json.loads(line)["year"] for line in b"".join(found).splitlines()]
        assert years == list(range(10_000))
        assert len(since(other, position)) == 1000


def test_one_who_takes_an_export_too_slowly_is_cut_and_the_next_is_served(serving: Serving) -> None:
    server = serving(snapshot_seconds=0.5, max_snapshots=1)
    with server.client() as client, server.client() as other:
        for _ in range(8):  # more than sockets hold
            take_all(client, "POST", "/songs", lines(10_000))
        started = time.monotonic()
        with client.stream("GET", "/songs.ndjson") as answer:
            assert answer.status_code == 200
            second = other.get("/songs.ndjson")
            if second.status_code != 200:
                problem(second, 503, "unavailable")
            time.sleep(1.5)
            with pytest.raises(httpx.RemoteProtocolError):
                answer.read()
        assert time.monotonic() - started < 10
        assert take_all(other, "GET", "/songs.ndjson?limit=10") == 10
