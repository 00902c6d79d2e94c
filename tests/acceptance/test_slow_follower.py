"""One who follows and reads nothing costs little, delays nobody, is cut, and misses nothing."""

import json
import socket
import threading
import time

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.server import Server, eventually
from tests.acceptance.stream import Parser, Told

MEBIBYTE = 1024 * 1024
BULK = 500
PADDING = "x" * 150


class Reader(threading.Thread):
    """Follows `path` from a position, each time it is cut from where it was, until it has seen `until`."""

    def __init__(self, server: Server, path: str, position: str) -> None:
        super().__init__()
        self.seen: list[Told] = []
        self.cuts = 0
        self._server = server
        self._path = path
        self._position = position
        self.until = 0
        self.start()

    def run(self) -> None:
        while not self.until or not self.seen or (self.seen[-1].number or 0) < self.until:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": self._position}
            parser = Parser()
            try:
                with (
                    self._server.client() as client,
                    client.stream("GET", self._path, headers=headers) as response,
                ):
                    assert response.status_code == 200
                    for piece in response.iter_raw():
                        for told in parser.feed(piece):
                            self._position = f"{self._position.rpartition('-')[0]}-{told.number}"
                            if told.data is not None:
                                self.seen.append(told)
                        if self.until and self.seen and (self.seen[-1].number or 0) >= self.until:
                            return
            except httpx.TransportError:
                pass
            self.cuts += 1


def idle(server: Server, path: str, position: str) -> socket.socket:
    """A follower that reads nothing but the head of the answer."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", server.port))
    request = (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nLast-Event-ID: {position}\r\n\r\n"
    )
    connection.sendall(request.encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert head.startswith(b"HTTP/1.1 200"), head
    return connection


def write(client: httpx.Client, changes: int) -> float:
    """Make as many changes, some of them each alone; returns the longest time that one alone took."""
    slowest = 0.0
    for number in range(changes // BULK):
        body = "\n".join(
            json.dumps({"title": f"Song {number}", "label": PADDING, "genre": "slow"})
            for _ in range(BULK - 1)
        )
        answer = client.post("/songs", content=body, headers={"Content-Type": "application/x-ndjson"})
        assert answer.status_code == 201
        started = time.perf_counter()
        assert client.post("/songs", json={"title": "Alone", "genre": "slow"}).status_code == 201
        slowest = max(slowest, time.perf_counter() - started)
    return slowest


def leave_unread(server: Server, changes: int) -> None:
    with server.client() as client:
        write(client, 2 * BULK)  # what the first writes need of memory is not the followers'
        position = client.get("/songs?limit=1").headers["Antiphon-Position"]
        start = int(position.rpartition("-")[2])
        reader = Reader(server, "/songs?genre=slow", position)
        ways = ("/songs?genre=slow", "/songs", "/events", "/songs?genre=slow&order=-id&limit=100")
        sleepers = [idle(server, path, position) for path in ways for _ in range(2)]
        before = server.memory()
        slowest = write(client, changes)
        grown = server.memory() - before
        end = reader.until = start + changes
        assert client.get("/songs?limit=1").headers["Antiphon-Position"].endswith(f"-{end}")
        reader.join(120)
        assert not reader.is_alive()
        assert [told.number for told in reader.seen] == list(range(start + 1, end + 1))
        assert slowest < 2, "a writer was held up"
        # the store's caches take 70 MiB, whoever follows; a follower may leave one unread
        assert grown < (len(sleepers) * 3 + 90) * MEBIBYTE, (
            f"{grown / MEBIBYTE:.0f} MiB for who does not read"
        )
        assert eventually(lambda: 'antiphon_followers{service="library"} 0.0' in client.get("/metrics").text)
        ends = [line for line in client.get("/metrics").text.splitlines() if "followers_left_total{" in line]
        assert any('reason="cut"' in line for line in ends), ends
    for sleeper in sleepers[::2]:
        resume(server, sleeper, ways[sleepers.index(sleeper) // 2], position, end)
    for sleeper in sleepers:
        sleeper.close()


def resume(server: Server, sleeper: socket.socket, path: str, position: str, end: int) -> None:
    """What was sent before the cut, and what a new stream tells from there, is everything, once."""
    unread = b""
    try:
        while piece := sleeper.recv(MEBIBYTE):
            unread += piece
    except ConnectionResetError:
        pass
    told = [each for each in Parser().feed(unchunked(unread)) if each.number is not None]
    last = told[-1].number if told else int(position.rpartition("-")[2])
    assert last is not None
    assert last < end, "one who read nothing was told everything"
    if "limit" in path:
        return
    again = Reader(server, path, f"{position.rpartition('-')[0]}-{last}")
    again.until = end
    again.join(120)
    numbers = [each.number for each in (*told, *again.seen) if each.data is not None]
    assert numbers == list(range(int(position.rpartition("-")[2]) + 1, end + 1))


def unchunked(body: bytes) -> bytes:
    """The content of a chunked body that may end anywhere."""
    content = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        if not rest:
            break
        content += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return content


def test_who_reads_nothing_is_cut_and_misses_nothing(serving: Serving) -> None:
    leave_unread(serving(), 10_000)


@pytest.mark.long
def test_who_reads_nothing_of_100_000_changes_is_cut_and_misses_nothing(serving: Serving) -> None:
    leave_unread(serving(), 100_000)


def test_who_reads_is_not_cut_however_large_a_transaction_is(serving: Serving) -> None:
    server = serving(follower_bytes=10_000)
    with server.client() as client:
        position = client.get("/songs").headers["Antiphon-Position"]
        reader = Reader(server, "/songs", position)
        reader.until = 480
        assert eventually(lambda: 'antiphon_followers{service="library"} 1.0' in client.get("/metrics").text)
        songs = [{"title": "Large", "tags": ["x" * 1000] * 16} for _ in range(480)]
        assert client.post("/songs", json=songs).status_code == 201
        reader.join(30)
        assert [told.number for told in reader.seen] == list(range(1, 481))
        assert reader.cuts == 0


def test_who_reads_nothing_does_not_hold_up_a_stop(serving: Serving) -> None:
    server = serving(drain_seconds=20)
    with server.client() as client:
        position = client.get("/songs").headers["Antiphon-Position"]
        write(client, 10_000)  # more than the sockets' buffers hold
        ways = ("/songs?genre=slow", "/events", "/songs?genre=slow&order=-id&limit=100")
        sleepers = [idle(server, path, position) for path in ways]
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10
    for sleeper in sleepers:
        sleeper.close()
