"""Load over HTTP from a process of its own: see `load.c`."""

import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import programs
from bench.comparison import require
from bench.server import Server, pin

ANY = 0xFFFFFFFF
CONNECTIONS = 64


@dataclass(frozen=True)
class Exchange:
    """A request as its bytes, and the answer it must get: its status and, unless None, its whole body."""

    request: bytes
    status: int = 200
    body: bytes | None = None


@dataclass(frozen=True)
class Load:
    """What a load run saw: answers, answers a second, and the latency in µs that half and 99 % stay below."""

    answers: int
    rate: float
    p50: int
    p99: int


def get(target: str, body: bytes | None = None, headers: str = "") -> Exchange:
    """A GET of `target`, a path with its query."""
    return Exchange(f"GET {target} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode(), 200, body)


def post(target: str, content: bytes, headers: str = "", status: int = 201) -> Exchange:
    """A POST of `content`, JSON, to `target`, that makes a record."""
    head = f"POST {target} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n{headers}"
    return Exchange(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content, status)


def write(exchanges: Iterable[Exchange], path: Path) -> Path:
    """Keep `exchanges` in the file that the load generator reads."""
    with path.open("wb") as file:
        for each in exchanges:
            expected = ANY if each.body is None else len(each.body)
            file.write(struct.pack("=III", each.status, len(each.request), expected))
            file.write(each.request + (each.body or b""))
    return path


def run(server: Server, exchanges: Path, count: int, connections: int = CONNECTIONS) -> Load:
    """Send `count` of the exchanges, over keep-alive connections; raises WrongAnswer for a wrong one."""
    command = [
        str(programs.load()),
        server.host,
        str(server.port),
        str(connections),
        str(count),
        str(exchanges),
    ]
    done = subprocess.run(command, capture_output=True, check=False, preexec_fn=pin(1))
    said = done.stderr.decode(errors="replace")
    require(done.returncode == 0, f"the load generator ended with {done.returncode}: {said}")
    answers, seconds, wrong, p50, p99 = done.stdout.decode().split()
    require(int(wrong) == 0, f"{wrong} of {answers} answers were wrong: {said}")
    return Load(int(answers), int(answers) / float(seconds), int(p50), int(p99))
