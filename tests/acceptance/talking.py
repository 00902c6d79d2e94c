"""HTTP/1.1 byte by byte: for tests of what goes on between requests on one connection."""

import re
import socket
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from tests.acceptance.server import Server

PASSING = frozenset({"date", "x-request-id", "antiphon-position"})
"""Headers that differ from one answer to the next."""


class Answer(Struct, frozen=True):
    """One answer; the names of its headers are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        found = [value for key, value in self.headers if key == name]
        assert len(found) == 1, f"{name} comes {len(found)} times: {self}"
        return found[0]

    @property
    def position(self) -> int:
        """The number of its position."""
        return int(self["antiphon-position"].rpartition("-")[2])

    @property
    def lasting(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """What of it is the same when nothing has changed."""
        return self.status, sorted(each for each in self.headers if each[0] not in PASSING), self.body


class Talk:
    """One connection to a server."""

    def __init__(self, server: Server, timeout: float = 10) -> None:
        self.socket = server.connect(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, request: bytes) -> Answer:
        """Send a request, and read its answer."""
        self.socket.sendall(request)
        return self.answer(request.startswith(b"HEAD "))

    def answer(self, head: bool = False) -> Answer:
        """The next answer, checked for its frame."""
        while b"\r\n\r\n" not in self._received:
            self._more()
        text, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = text.decode("latin-1").split("\r\n")
        found = re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Za-z' -]+", first)
        assert found, first
        headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
        status = int(found[1])
        named = dict(headers)
        assert len(named) == len(headers) or "ratelimit" in named, headers
        if head or status in (204, 304):
            return Answer(status, headers, b"")
        if named.get("transfer-encoding") == "chunked":
            return Answer(status, headers, self._chunks())
        return Answer(status, headers, self._take(int(named["content-length"])))

    def over(self) -> bool:
        """Whether the server has closed, with nothing more to say."""
        try:
            return not self._received and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _chunks(self) -> bytes:
        found = b""
        while True:
            while b"\r\n" not in self._received:
                self._more()
            size, _, self._received = self._received.partition(b"\r\n")
            piece = self._take(int(size, 16))
            assert self._take(2) == b"\r\n"
            if not piece:
                return found
            found += piece

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            self._more()
        found, self._received = self._received[:size], self._received[size:]
        return found

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        assert piece, f"the server closed after {self._received!r}"
        self._received += piece


def request(
    method: str, target: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if content is not None:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + (content or b"")


def get(target: str, **headers: str) -> bytes:
    """The bytes of a GET."""
    return request("GET", target, {name.replace("_", "-"): value for name, value in headers.items()})


def send_json(method: str, target: str, value: Any, **headers: str) -> bytes:
    """The bytes of a request with a JSON body."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return request(method, target, {"Content-Type": "application/json", **named}, msgspec.json.encode(value))
