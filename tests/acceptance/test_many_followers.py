"""Many followers at once: each is told all of its own, and one who waits costs little."""

import asyncio
import json
import random
import socket
from typing import Any

import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.server import Server, eventually
from tests.acceptance.stream import Parser, Told, number_of

ASK = "GET {} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
WRITE = "POST /songs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
GENRES = ("jazz", "rock")
FILTERS = ("", "genre=jazz", "genre=rock", "genre[in]=jazz,rock", "year[gte]=2000", "fields=title")
"""What is followed; `sees` tells which changes that means."""
FOLLOWERS_OPEN = 'antiphon_followers{service="library"} 0.0'


def sees(filter: str, song: dict[str, Any]) -> bool:
    """Whether a new song is told to who follows by a filter."""
    if filter.startswith("genre="):
        return bool(song["genre"] == filter.partition("=")[2])
    return filter != "year[gte]=2000" or bool(song["year"] >= 2000)


class Client:
    """Follows from a position, comes and goes, and keeps the numbers that it was told."""

    def __init__(self, server: Server, filter: str, incarnation: str, number: int) -> None:
        self.filter = filter
        self.start = self.last = number
        self.numbers: list[int] = []
        self._server = server
        self._incarnation = incarnation

    async def follow(self, until: int | None, events: float) -> None:
        """Until the position `until`, or as many events as that."""
        path = f"/songs?{self.filter}&from={self._incarnation}-{self.last}".replace("?&", "?")
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        parser = Parser()
        try:
            writer.write(ASK.format(path).encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            while until is None or self.last < until:
                size = int(await reader.readuntil(b"\r\n"), 16)
                for told in parser.feed((await reader.readexactly(size + 2))[:-2]):
                    events -= self._take(told)
                if events <= 0:
                    return
        finally:
            writer.close()

    def _take(self, told: Told) -> bool:
        assert told.number is not None
        assert told.number >= self.last, "a position went back"
        if told.data is not None:
            assert told.number > self.last, "told again, or out of order"
            assert told.kind == "added"
            self.numbers.append(told.number)
        self.last = told.number
        return told.data is not None

    async def come_and_go(self, ended: asyncio.Event, chance: random.Random) -> None:
        while not ended.is_set():
            await self.follow(None, chance.randrange(1, 60))


async def write(server: Server, changes: int, chance: random.Random) -> dict[int, dict[str, Any]]:
    """New songs, one after the other; by the numbers of their changes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    made = {}
    for _ in range(changes):
        song = {"title": "One of many", "genre": chance.choice(GENRES), "year": chance.choice((1959, 2020))}
        body = json.dumps(song).encode()
        head = (
            "POST /songs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
        )
        writer.write(head.format(len(body)).encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 201"), answer
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length[15:]))
        (position,) = (
            line for line in answer.split(b"\r\n") if line.lower().startswith(b"antiphon-position:")
        )
        made[number_of(position.decode())] = song
    writer.close()
    return made


def crowd(server: Server, stay: int, go: int, writers: int, changes: int) -> None:
    chance = random.Random(7)

    async def run(position: str) -> None:
        incarnation, number = position.rpartition("-")[0], number_of(position)
        clients = [
            Client(server, FILTERS[each % len(FILTERS)], incarnation, number) for each in range(stay + go)
        ]
        ended = asyncio.Event()
        end = number + writers * changes
        following = [asyncio.ensure_future(client.follow(end, float("inf"))) for client in clients[:stay]]
        going = [asyncio.ensure_future(client.come_and_go(ended, chance)) for client in clients[stay:]]
        made: dict[int, dict[str, Any]] = {}
        for more in await asyncio.gather(*(write(server, changes, chance) for _ in range(writers))):
            made |= more
        assert sorted(made) == list(range(number + 1, end + 1))
        ended.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*following)
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)
            await asyncio.gather(*(client.follow(end, float("inf")) for client in clients[stay:]))
        for client in clients:
            expected = [each for each in sorted(made) if sees(client.filter, made[each])]
            assert client.numbers == expected, client.filter

    with server.client() as client:
        asyncio.run(run(client.get("/songs?limit=1").headers["Antiphon-Position"]))
        assert eventually(lambda: FOLLOWERS_OPEN in client.get("/metrics").text)
    assert server.errors() == []


def test_each_of_many_is_told_its_own_once_however_they_come_and_go(serving: Serving) -> None:
    crowd(serving(heartbeat_seconds=0.2), 200, 60, 4, 100)


@pytest.mark.long
def test_each_of_very_many_is_told_its_own_once(serving: Serving) -> None:
    crowd(serving(heartbeat_seconds=0.2), 1500, 300, 16, 200)


def test_one_who_waits_costs_little_more_than_its_socket(serving: Serving) -> None:
    """Nothing is kept of its request, and nothing of it when it has gone. It took 26 KiB each once."""
    server = serving()

    def follow(count: int) -> list[socket.socket]:
        found = []
        for number in range(count):
            connection = server.connect()
            path = f"/songs?title=song-{number}&year[gte]=1959&from=now"
            connection.sendall(ASK.format(path).encode())
            received = b""
            while b"id: " not in received:
                received += connection.recv(4096)
            found.append(connection)
        return found

    with server.client() as client:
        for connection in follow(500):  # what the first need is not theirs alone
            connection.close()
        assert eventually(lambda: FOLLOWERS_OPEN in client.get("/metrics").text)
        before, sockets = server.memory(), server.sockets()
        connections = follow(1500)
        each = (server.memory() - before) / len(connections)
        for connection in connections:
            connection.close()
        assert each < 8 * 1024, f"{each / 1024:.1f} KiB each"
        assert eventually(lambda: FOLLOWERS_OPEN in client.get("/metrics").text)
        assert eventually(lambda: server.sockets() <= sockets)
