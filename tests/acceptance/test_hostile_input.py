"""Input that is wrong on purpose: refused clearly or cut off, never a failure, never a stuck server."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import problem, see
from tests.acceptance.server import Server, eventually

JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
HOST = b"Host: x\r\n"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for nobody for long; at the end it still works, and has let go of everything."""
    folder = tmp_path_factory.mktemp("hostile") / "data"
    server = Server(
        folder, header_seconds=1, body_seconds=1, max_body_bytes=MEBIBYTE, heartbeat_seconds=0.3
    ).start()
    with server.client() as client:
        assert client.get("/health/ready").text == "ready\n"
        sockets, files = server.sockets(), server.files()
    yield server
    with server.client() as client:
        assert client.get("/health/ready").text == "ready\n"
        assert client.post("/songs", json={"title": "Still here"}).status_code == 201
        assert eventually(lambda: server.sockets() <= sockets, 10)
    assert server.files() <= files + 20  # connections to the store that idle readers keep
    assert server.stop() == 0
    assert server.errors() == []


def talk(server: Server, *pieces: bytes, pause: float = 0, half_close: bool = False) -> bytes:
    """Send `pieces`, and return all that comes back until the server closes or is silent for long."""
    with server.connect(5) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except TimeoutError:
            raise AssertionError("the connection stays open, and says nothing") from None
        except (ConnectionResetError, BrokenPipeError):
            return b""


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def deep(opening: str, closing: str, depth: int) -> str:
    return opening * depth + closing * depth


BODIES = {
    "not JSON": b"{'title': 1}",
    "a lone brace": b"{",
    "two values": b'{"title": "a"} {"title": "b"}',
    "invalid UTF-8": b'{"title": "\xff\xfe"}',
    "a surrogate in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "a lone surrogate": b'{"title": "\\ud800"}',
    "U+0000": b'{"title": "a\\u0000b"}',
    "a byte order mark": b'\xef\xbb\xbf{"title": "x"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "a repeated member": b'{"title": "a", "title": "b"}',
    "a repeated member, escaped": b'{"title": "a", "t\\u0069tle": "b"}',
    "NaN": b'{"title": "x", "length": NaN}',
    "Infinity": b'{"title": "x", "length": -Infinity}',
    "a number beyond floats": b'{"title": "x", "length": 1e999}',
    "an integer beyond 64 bits": b'{"title": "x", "year": 9223372036854775808}',
    "a number of a million digits": b'{"title": "x", "year": ' + b"9" * 900_000 + b"}",
    "a fraction for an integer": b'{"title": "x", "year": 1.5}',
    "deep lists": b'{"title": "x", "tags": ' + deep("[", "]", 100_000).encode() + b"}",
    "deep objects": b'{"title": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "deep and unclosed": b"[" * 900_000,
    "a deep array": deep("[", "]", 100_000).encode(),
    "a hundred thousand members": json.dumps({f"m{number}": 1 for number in range(60_000)}).encode(),
    "a long name": b'{"' + b"a" * 500_000 + b'": 1}',
    "a date that is none": b'{"title": "x", "released": "2026-02-30"}',
    "a time beyond the calendar": b'{"title": "x", "heard": "0001-01-01T00:00:00+14:00"}',
    "a leap second": b'{"title": "x", "heard": "2016-12-31T23:59:60Z"}',
    "a true for a number": b'{"title": "x", "year": true}',
    "null": b"null",
    "nothing but spaces": b"   ",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("how", ["POST one", "POST many", "POST lines", "PUT", "PATCH", "action"])
def test_a_body_that_is_wrong_is_refused(client: httpx.Client, name: str, how: str) -> None:
    body = BODIES[name]
    id = client.put("/songs/target", json={"title": "Target"}).json()["id"]
    method, url, content, headers = {
        "POST one": ("POST", "/songs", body, JSON),
        "POST many": ("POST", "/songs", b'[{"title": "a"}, ' + body + b"]", JSON),
        "POST lines": ("POST", "/songs", b'{"title": "a"}\n' + body, NDJSON),
        "PUT": ("PUT", f"/songs/{id}", body, JSON),
        "PATCH": ("PATCH", f"/songs/{id}", body, JSON),
        "action": ("POST", f"/songs/{id}/rename", body, JSON),
    }[how]
    started = time.monotonic()
    seen = see(client, method, url, content=content, headers=headers)
    assert time.monotonic() - started < 5
    if (name, how) == ("nothing but spaces", "POST lines"):
        assert seen.answer.status_code == 201  # an empty line is no record
        return
    assert seen.answer.status_code in (400, 413, 422), seen.answer.text[:300]
    problem(seen.answer, seen.answer.status_code, seen.answer.json()["code"])
    assert len(seen.answer.content) < 50_000, "the refusal repeats what was sent"
    assert seen.changes == []


@pytest.mark.parametrize("headers", [JSON, NDJSON])
def test_a_body_that_is_too_long_is_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    body = json.dumps({"title": "x", "tags": ["x" * 100] * 20_000}).encode()
    seen = see(client, "POST", "/songs", content=body, headers=headers)
    assert "1,048,576" in problem(seen.answer, 413, "too_large")["detail"]
    assert seen.changes == []


def test_a_filter_of_a_million_terms_is_refused(serving: Serving) -> None:
    terms = ",".join(f"year={number}" for number in range(1_000_000))
    queries = (f"or=({terms})", terms.replace(",", "&"), "year[in]=" + terms.replace("year=", ""))
    for longest, status in ((8192, b"414"), (60_000, b"400")):
        server = serving(max_url_bytes=longest)
        for query in queries:
            some = query[: longest + 100 if status == b"414" else longest - 100]
            started = time.monotonic()
            request = b"GET /songs?%b HTTP/1.1\r\n%bConnection: close\r\n\r\n" % (some.encode(), HOST)
            assert talk(server, request).startswith(b"HTTP/1.1 " + status)
            assert time.monotonic() - started < 3
    assert talk(server, b"GET /songs?%b HTTP/1.1\r\n" % queries[0].encode())[:12] in (b"", b"HTTP/1.1 414")


GET = b"GET /songs HTTP/1.1\r\n" + HOST
POST = b"POST /songs HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
REFUSED = {
    "garbage": (b"\x00\x01\x02\xff" * 100, 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200, 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", 400),
    "HTTP/3.0": (b"GET /songs HTTP/3.0\r\n" + HOST + b"\r\n", 400),
    "no version": (b"GET /songs\r\n\r\n", 505),
    "a header without a name": (GET + b": x\r\n\r\n", 400),
    "a header with a space": (GET + b"X Y: x\r\n\r\n", 400),
    "a header with a zero": (GET + b"X: a\x00b\r\n\r\n", 400),
    "a folded header": (GET + b"X: a\r\n b\r\n\r\n", 400),
    "no host": (b"GET /songs HTTP/1.1\r\n\r\n", 400),
    "two hosts": (GET + HOST + b"\r\n", 400),
    "10,000 headers": (GET + b"".join(b"X%d: abc\r\n" % number for number in range(10_000)) + b"\r\n", 431),
    "a long header": (GET + b"X: " + b"a" * 100_000 + b"\r\n\r\n", 431),
    "a long name of a header": (GET + b"X" * 100_000 + b": a\r\n\r\n", 431),
    "a long URL": (b"GET /songs?title=" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a long path": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "bytes beyond ASCII in the URL": (b"GET /songs?title=\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a chunk that is none": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk beyond counting": (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}", 400),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "a length that is none": (POST + b"Content-Length: 0x10\r\n\r\n", 400),
    "a length beyond counting": (POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", 400),
    "length and chunks": (
        POST
        + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        400,
    ),
    "chunks and length": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "chunks in disguise": (POST + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    "a body announced too long": (POST + b"Content-Length: 99999999999\r\n\r\n{}", 413),
    "a tunnel": (b"CONNECT x:80 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_http_is_refused_and_the_connection_closed(server: Server, name: str) -> None:
    request, status = REFUSED[name]
    received = talk(server, request, half_close=name in ("another protocol", "no version"))
    assert statuses(received) in ([status], []), received[:300]
    if received:
        head, _, body = received.partition(b"\r\n\r\n")
        assert b"connection: close" in head.lower()
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == status


@pytest.mark.parametrize(
    "target",
    [b"/songs/%ff", b"/songs/%00", b"/%2e%2e/%2e%2e/etc/passwd", b"/songs/../songs", b"//songs", b"*"],
)
def test_odd_targets_are_not_found(server: Server, target: bytes) -> None:
    for method in (b"GET", b"OPTIONS", b"DELETE"):
        request = b"%b %b HTTP/1.1\r\n%bConnection: close\r\n\r\n" % (method, target, HOST)
        (status,) = statuses(talk(server, request))
        assert status in (200, 204, 404, 405), (method, target)


@pytest.mark.parametrize("host", [b"[", b"[::1", b"a b", b"", b"x:99999", b"\xff", b"a/b@c"])
def test_odd_hosts_are_refused_or_of_no_account(server: Server, host: bytes) -> None:
    for target in (b"/songs?limit=1", b"/events", b"/songs/x/rename", b"/openapi.json", b"/nothing"):
        request = b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % (target, host)
        (status,) = statuses(talk(server, request))
        assert status < 500


def test_odd_values_of_headers_are_never_a_failure(client: httpx.Client) -> None:
    names = (
        "Accept",
        "Accept-Encoding",
        "Antiphon-Min-Position",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "Last-Event-ID",
        "Range",
        "Content-Encoding",
        "traceparent",
        "X-Request-Id",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
    )
    values = (
        b"",
        b"\xff\xfe",
        b"*",
        b",",
        b";",
        b'"',
        b"=",
        b"a" * 5000,
        b"%00",
        b"-1",
        b"1e999",
        b"a;q=nan",
    )
    for name in names:
        for value in values:
            for method, url in (("GET", "/songs?limit=1"), ("GET", "/events?limit=1"), ("PUT", "/songs/odd")):
                headers: Any = [(b"Content-Type", b"application/json")] if method == "PUT" else []
                headers = [each for each in headers if each[0] != name.encode()]
                with client.stream(
                    method,
                    url,
                    headers=[*headers, (name.encode(), value)],
                    content=b'{"title": "Odd"}' if method == "PUT" else None,
                ) as answer:
                    assert answer.status_code < 500, (name, value, method, url)


def test_headers_that_trickle_are_cut_off(server: Server) -> None:
    started = time.monotonic()
    with server.connect(10) as connection:
        connection.sendall(b"GET /songs HTTP/1.1\r\n")
        try:
            while time.monotonic() - started < 8:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.2)
            raise AssertionError("it waits for as long as a byte comes now and then")
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("sent", [b"", b"G", b"\r\n", b"GET /songs HTTP/1.1\r\nHost: x"])
def test_silence_is_cut_off(server: Server, sent: bytes) -> None:
    started = time.monotonic()
    assert talk(server, sent) == b""
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("kind", [b"application/json", b"application/x-ndjson"])
def test_a_body_that_does_not_arrive_is_given_up(server: Server, kind: bytes) -> None:
    head = b"POST /songs HTTP/1.1\r\n" + HOST + b"Content-Type: %b\r\n" % kind
    for framing in (b"Content-Length: 100\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n10\r\n"):
        received = talk(server, head + framing + b'{"title"')
        assert statuses(received) == [408]
        assert b'"code":"stalled"' in received


@pytest.mark.parametrize("kind", [b"application/json", b"application/x-ndjson"])
def test_a_body_that_ends_early_is_not_taken(server: Server, client: httpx.Client, kind: bytes) -> None:
    before = client.get("/songs?limit=1").headers["Antiphon-Position"]
    head = b"POST /songs HTTP/1.1\r\n" + HOST + b"Content-Type: %b\r\n" % kind
    whole = b'{"title": "Cut off"}\n'
    for framing in (
        b"Content-Length: 100\r\n\r\n" + whole,
        b"Transfer-Encoding: chunked\r\n\r\n15\r\n" + whole,
    ):
        received = talk(server, head + framing, half_close=True)
        assert statuses(received) in ([], [400], [408])
    assert client.get("/songs?limit=1").headers["Antiphon-Position"] == before


def test_one_who_has_said_all_is_still_answered(server: Server) -> None:
    assert statuses(talk(server, GET + b"Connection: close\r\n\r\n", half_close=True)) in ([200], [])


def test_requests_in_one_go_are_answered_in_order(server: Server) -> None:
    post = POST + b'Content-Length: 15\r\n\r\n{"title": "In"}'
    nothing = b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n"
    received = talk(server, post + GET + b"\r\n" + nothing + post + GET + b"Connection: close\r\n\r\n")
    assert statuses(received) == [201, 200, 404, 201, 200]


def test_garbage_behind_a_stream_does_not_get_into_it(server: Server) -> None:
    received = talk(server, GET + b"Accept: text/event-stream\r\n\r\n", b"\x00\xffgarbage\r\n\r\n", pause=0.5)
    assert statuses(received) == [200]


def test_a_request_behind_a_stream_leaves_no_trace(server: Server, client: httpx.Client) -> None:
    client.get("/health/live")
    before = server.sockets()
    for _ in range(3):
        with server.connect(2) as connection:
            connection.sendall(GET + b"Accept: text/event-stream\r\n\r\n" + GET + b"\r\n")
            connection.recv(1000)
    client.post("/songs", json={"title": "Tell them"})
    assert eventually(lambda: server.sockets() <= before, 5)
    assert eventually(lambda: 'antiphon_followers{service="library"} 0.0' in client.get("/metrics").text, 5)


def test_a_client_that_waits_for_leave_gets_it_or_a_refusal(server: Server) -> None:
    expecting = b"Expect: 100-continue\r\nContent-Length: 18\r\nConnection: close\r\n\r\n"
    with server.connect(5) as connection:
        connection.sendall(POST + expecting)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"title": "Leave"}')
        assert connection.recv(1000).startswith(b"HTTP/1.1 201")
    refused = POST.replace(b"json", b"xml") + expecting
    with server.connect(5) as connection:
        connection.sendall(refused)
        assert connection.recv(1000).startswith(b"HTTP/1.1 415")


def test_clients_that_vanish_leave_nothing_behind(server: Server, client: httpx.Client) -> None:
    lines = b"".join(b'{"title": "Vanished %d", "label": "vanished"}\n' % number for number in range(2000))
    made = client.post("/songs", content=lines, headers=NDJSON)
    assert made.status_code == 201
    before = server.sockets()
    export = b"GET /songs.ndjson?label=vanished HTTP/1.1\r\n" + HOST + b"\r\n"
    upload = POST.replace(b"json", b"x-ndjson") + b"Content-Length: %d\r\n\r\n" % len(lines) + lines[:30_000]
    stream = GET.replace(b"/songs", b"/songs?label=vanished") + b"Accept: text/event-stream\r\n\r\n"
    for request in (export, upload, stream):
        for _ in range(10):
            with ExitStack() as stack:
                connection = stack.enter_context(server.connect())
                connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
                )
                connection.sendall(request)
                if request is not upload:
                    connection.recv(100)
    assert eventually(lambda: server.sockets() <= before, 10)
    found = client.get("/songs.ndjson?label=vanished").text.splitlines()
    assert len(found) == 2000


def test_a_thousand_connections_that_say_nothing_disturb_nobody(server: Server, client: httpx.Client) -> None:
    client.get("/health/live")
    before = server.sockets()
    with ExitStack() as stack:
        for number in range(1000):
            connection = stack.enter_context(server.connect())
            connection.sendall(b"GET /songs HTTP/1.1\r\n" if number % 2 else b"")
        started = time.monotonic()
        assert client.get("/songs?limit=1").status_code == 200
        assert time.monotonic() - started < 3
    assert eventually(lambda: server.sockets() <= before, 10)


def test_one_connection_too_many_is_told_so(serving: Serving) -> None:
    server = serving(max_connections=3)
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(server.connect())
        time.sleep(0.2)
        received = talk(server, GET + b"Connection: close\r\n\r\n")
    if received:
        assert statuses(received) == [503]
        assert b"application/problem+json" in received

    def answers() -> bool:
        with server.client() as client:
            return client.get("/health/live").status_code == 200

    assert eventually(answers, 5)
