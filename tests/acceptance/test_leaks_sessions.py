"""A token that expires, a session that is revoked: what was open ends, and what was under way is refused."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.acceptance.callers import Asker, asking, headers_of, together, tokens_of
from tests.acceptance.private import Diary, Open, Revocation, app
from tests.acceptance.server import Server
from tests.acceptance.sights import Who
from tests.acceptance.stream import Parser

from antiphon import Transaction

PROGRAM = Path(__file__).with_name("private.py")
OLGA = Who("olga")
SERVICE = Who("serv", frozenset({"service"}))
MANY, LONG = 8000, "x" * 3000
"""More than the sockets between will hold for one who reads nothing."""
URLS = (
    "/diaries",
    "/diaries?from=now",
    "/diaries?order=text&limit=2",
    "/diaries?order=text&limit=2&from=now",
    "/events?from=now",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sessions") / "data"

    def fill(tx: Transaction) -> None:
        for number in range(MANY):
            tx.create(Open(text=f"{number} {LONG}"))

    with app.connect(folder) as connection:
        connection.write(fill)
    server = Server(folder, PROGRAM, heartbeat_seconds=0.2, max_connections=500).start()
    yield server
    server.stop()
    assert server.errors() == []


def revoke(server: Server, session: str) -> None:
    """End a session, as another service does."""
    with server.client(headers=headers_of(tokens_of(server.folder), SERVICE)) as client:
        answer = client.put(f"/revocations/{session}", json={})
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("how", ["expires", "revoked", "revoked as it begins"])
def test_each_stream_ends_and_tells_nothing_more(server: Server, how: str) -> None:
    session = f"session-{how.replace(' ', '-')}"
    seconds = 3.0 if how == "expires" else 60.0
    headers = headers_of(tokens_of(server.folder), OLGA, session=session, seconds=seconds)
    until = time.monotonic() + seconds
    opened, late = 0, f"too late: {how}"

    async def follow(http: httpx.AsyncClient, url: str) -> bytes:
        nonlocal opened
        first = True

        def over(told: bytes) -> bool:
            nonlocal first, opened
            opened, first = opened + first, False
            return False

        return await Asker(http, OLGA, headers, _All()).stream(url, over)

    async def end(http: httpx.AsyncClient) -> None:
        if how != "revoked as it begins":
            async with asyncio.timeout(2):
                while opened < len(URLS):  # noqa: ASYNC110 - streams are counted as they begin
                    await asyncio.sleep(0.02)
        if how == "expires":
            await asyncio.sleep(until - time.monotonic() + 0.1)
        else:
            await asyncio.to_thread(revoke, server, session)
        await asyncio.to_thread(write_too_late, server, late)

    async def check(http: httpx.AsyncClient) -> None:
        async with asyncio.timeout(8):
            *streams, _ = await together([*(follow(http, url) for url in URLS), end(http)])
        for url, told in zip(URLS, streams, strict=True):
            assert late.encode() not in told, url
            if how != "revoked as it begins":
                assert told.endswith(b"retry: 1000\n\n"), url
        for url in URLS:
            answer = await http.get(url, headers={**headers, "Accept": "text/event-stream"})
            assert answer.status_code == 401

    asking(server, check)


def write_too_late(server: Server, late: str) -> None:
    with app.connect(server.folder) as connection:
        connection.write(lambda tx: tx.create(Diary(text=late, owner="olga")))


class _All(set[str]):
    def __rsub__(self, other: object) -> set[str]:
        return set()


@pytest.mark.parametrize("accept", ["text/event-stream", "application/x-ndjson"])
def test_a_list_that_is_being_taken_ends_with_the_session(server: Server, accept: str) -> None:
    session = f"taking-{accept.partition('/')[0]}"
    headers = headers_of(tokens_of(server.folder), OLGA, session=session)
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Accept": accept}.items())
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        start = f"GET /opens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n"
        connection.sendall(start.encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        revoke(server, session)
        time.sleep(1.5)  # the second that it has to take what was under way
        found = b""
        try:
            while piece := connection.recv(1 << 20):
                found += piece
        except ConnectionResetError:
            pass
        assert found.count(b'"revision"') < MANY
        if accept == "application/x-ndjson":
            assert not found.endswith(b"0\r\n\r\n"), "it looks whole"
        else:
            assert b"event: live" not in found


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_write_whose_body_was_under_way_is_refused(server: Server, kind: str) -> None:
    session = f"writing-{kind.partition('/')[2]}"
    headers = headers_of(tokens_of(server.folder), OLGA, session=session)
    body = json.dumps({"text": f"written for {session}"}).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Content-Type": kind}.items())
    with server.connect() as connection:
        start = f"POST /diaries HTTP/1.1\r\nHost: x\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        connection.sendall(start.encode() + body[:10])
        time.sleep(0.2)
        revoke(server, session)
        connection.sendall(body[10:])
        assert connection.recv(12) == b"HTTP/1.1 401"
    with app.connect(server.folder) as store:
        assert store.count(Diary, text=f"written for {session}") == 0


def test_who_ends_a_session_and_writes_for_it_at_once_is_late_or_early_and_never_both(server: Server) -> None:
    """Writes race the record that ends their session: what was written comes before it in the log."""

    async def check(http: httpx.AsyncClient) -> None:
        tokens = tokens_of(server.folder)
        for turn in range(8):
            session = f"race-{turn}"
            headers = headers_of(tokens, OLGA, session=session)
            ends = headers_of(tokens, SERVICE)
            writes = [http.post("/diaries", json={"text": session}, headers=headers) for _ in range(12)]
            writes.insert(turn, http.put(f"/revocations/{session}", json={}, headers=ends))
            answers = await asyncio.gather(*writes)
            end = answers.pop(turn).json() or {}
            assert end == {}  # nobody reads revocations
            with app.connect(server.folder) as store:
                over = store.get(Revocation, session).revision
            for answer in answers:
                assert answer.status_code in (201, 401)
                if answer.status_code == 201:
                    assert answer.json()["revision"] < over

    asking(server, check)


def test_events_of_a_session_that_is_over_are_told_to_no_one_who_resumes(server: Server) -> None:
    tokens = tokens_of(server.folder)
    with server.client(headers=headers_of(tokens, OLGA, session="resumed")) as client:
        position = client.get("/diaries").headers["Antiphon-Position"]
        revoke(server, "resumed")
        answer = client.get("/diaries", headers={"Accept": "text/event-stream", "Last-Event-ID": position})
        assert answer.status_code == 401
        assert Parser().feed(answer.content) == []
