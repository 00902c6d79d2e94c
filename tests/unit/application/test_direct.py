"""Which requests are answered directly, and which the server knows again by their bytes."""

import asyncio
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar
from weakref import ReferenceType, ref

import pytest
import uvicorn
from starlette.responses import Response
from starlette.routing import Mount, Route

from antiphon import Application, Resource, Settings, Transaction, action
from antiphon.server.protocol import KNOWN, SHORT, protocol_for


class Song(Resource, paths=("/songs", "/tunes")):
    title: str


class Part(Resource, path="/song-parts"):
    title: str


@action(Song)
def play(song: Song, tx: Transaction) -> Song:
    """Play it."""
    return song


async def own(request: Any) -> Response:
    return Response("own")


def found(app: Application, method: str, path: str, *headers: tuple[str, str]) -> bool:
    """Whether a request is answered directly."""
    named = [(name.encode(), value.encode()) for name, value in headers]
    return app.direct.find({"method": method, "path": path, "headers": named}) is not None


def test_plain_requests_are_found() -> None:
    app = Application(Song, Part)
    for path in ("/songs", "/tunes", "/songs/x", "/tunes/x", "/song-parts", "/song-parts/x"):
        assert found(app, "GET", path)
        assert found(app, "GET", path, ("accept", "*/*"), ("host", "x"))
    assert found(app, "POST", "/songs", ("content-type", "application/json"), ("content-length", "65536"))
    assert found(app, "POST", "/songs/x/play")
    assert found(app, "PATCH", "/songs/x", ("content-type", "application/merge-patch+json"))
    assert found(app, "DELETE", "/songs/x")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept", "text/event-stream"),
        ("accept", "application/json, */*"),
        ("content-type", "application/x-ndjson"),
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", "65537"),
        ("transfer-encoding", "chunked"),
        ("expect", "100-continue"),
        ("upgrade", "h2c"),
        ("antiphon-min-position", "x-1"),
    ],
)
def test_a_header_may_make_a_request_not_plain(name: str, value: str) -> None:
    app = Application(Song)
    assert found(app, "POST", "/songs", ("accept", "*/*"))
    assert not found(app, "POST", "/songs", ("accept", "*/*"), (name, value))
    assert not found(app, "POST", "/songs", (name, value), ("accept", "*/*"))


def test_other_places_and_methods_are_not_found() -> None:
    app = Application(Song, Part)
    for path in (
        "",
        "/",
        "/songs/",
        "/songs//x",
        "/songs.json",
        "/songs/x.json",
        "/songs/x/play/y",
        "/events",
    ):
        assert not found(app, "GET", path), path
    for method in ("HEAD", "OPTIONS", "TRACE", "get"):
        assert not found(app, method, "/songs")
    assert not found(app, "DELETE", "/songs")
    assert not found(app, "GET", "/songs/x/play")


def test_routes_of_the_users_own_come_first() -> None:
    app = Application(Song, routes=[Route("/songs/{id}", own), Route("/x", own)])
    assert found(app, "GET", "/songs")
    assert not found(app, "GET", "/songs/x")
    assert not found(Application(Song, routes=[Mount("/x", routes=[])]), "GET", "/songs")


class Counting:
    """Answers each request with its number, and whether it was known."""

    def __init__(self) -> None:
        self.answered = 0
        self.again = 0
        self.gone = False

    def find(self, scope: Any) -> "Counting":
        return self

    def answer(self, scope: Any, body: bytes, exchange: Any) -> None:
        self.answered += 1
        exchange.answer(200, [(b"content-length", b"0")], b"", self)

    def encoded(self, client: Any, first: bytes) -> bytes | None:
        if self.gone:
            return None
        self.again += 1
        return b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n" + first + b"\r\n"


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("the ASGI way was taken")


async def talk(kind: Any, requests: Sequence[bytes]) -> None:
    """Send `requests` on one connection to a server of this protocol, each once that before is answered."""
    config = uvicorn.Config(nothing, http=kind, ws="none", lifespan="off", log_config=None, port=0)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 - all that uvicorn has to tell it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for each in requests:
            writer.write(each)
            for _ in range(each.count(b" HTTP/1.1\r\n")):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()
        await writer.wait_closed()
        server.should_exit = True
        await serving


def get(path: str, padding: int = 0) -> bytes:
    return b"GET %b HTTP/1.1\r\nhost: x\r\npadding: %b\r\n\r\n" % (path.encode(), b"x" * padding)


def test_the_same_bytes_are_known_again() -> None:
    counting = Counting()
    asyncio.run(talk(protocol_for(Settings(), counting), [get("/a")] * 5 + [get("/b")] + [get("/a")] * 2))
    assert (counting.answered, counting.again) == (2, 6)


def test_what_is_gone_is_answered_anew_and_known_again() -> None:
    counting = Counting()
    kind = protocol_for(Settings(), counting)
    asyncio.run(talk(kind, [get("/a")] * 2))
    counting.gone = True
    asyncio.run(talk(kind, [get("/a")] * 3))
    counting.gone = False
    asyncio.run(talk(kind, [get("/a")] * 2))
    assert (counting.answered, counting.again) == (4, 3)


def test_long_requests_and_those_of_many_bytes_at_once_are_not_known() -> None:
    counting = Counting()
    kind = protocol_for(Settings(), counting)
    long = get("/a", SHORT)
    asyncio.run(talk(kind, [long, long, get("/a"), get("/b") * 2]))
    assert list(kind.known) == [get("/a")]
    assert counting.again == 0


def test_not_more_are_known_than_there_is_room_for() -> None:
    kind = protocol_for(Settings(), Counting())
    asyncio.run(talk(kind, [get(f"/{each}") for each in range(KNOWN + 100)]))
    assert len(kind.known) == KNOWN
    assert get("/0") not in kind.known
    assert get(f"/{KNOWN + 99}") in kind.known


class Holding:
    """What answers one request, and holds on to it meanwhile."""

    made: ClassVar[list[ReferenceType[Any]]] = []

    def __init__(self) -> None:
        self.exchange: Any = None
        self.made.append(ref(self))

    def answer(self, scope: Any, body: bytes, exchange: Any) -> None:
        self.exchange = exchange
        exchange.answer(200, [(b"content-length", b"0")], b"")


class Finding:
    """Finds something of its own for each request."""

    def find(self, scope: Any) -> Holding:
        return Holding()


def test_an_answered_request_leaves_nothing_to_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        asyncio.run(talk(protocol_for(Settings(), Finding()), [get(f"/{each}") for each in range(5)]))
        assert [each() for each in Holding.made] == [None] * 5
    finally:
        gc.enable()


def test_two_protocols_know_nothing_of_each_other() -> None:
    one, other = (protocol_for(Settings(), Counting()) for _ in range(2))
    asyncio.run(talk(one, [get("/a")]))
    assert len(one.known) == 1
    assert not other.known


def test_a_read_that_is_cancelled_is_answered(tmp_path: Path) -> None:
    app = Application(Song, settings=Settings(data=str(tmp_path)))
    told: list[int] = []

    class Exchange:
        def answer(self, status: int, headers: Any, body: bytes, again: Any = None) -> None:
            told.append(status)

    async def check() -> None:
        waiting = asyncio.get_running_loop().create_future()

        class Waits:
            def service(self) -> None:
                return None

            async def answer(self, request: Any, service: Any) -> None:
                await waiting

        scope: Any = {"type": "http", "method": "GET", "path": "/songs", "headers": []}
        plain: Any = app.direct.find(scope)
        assert plain is not None
        plain._endpoint = Waits()
        plain.answer(scope, b"", Exchange())
        assert not told
        waiting.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert told == [503]

    asyncio.run(check())
