"""Many followers from a process of their own: see `followers.c`."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bench import programs
from bench.comparison import WrongAnswer, require
from bench.server import Server, pin


@dataclass(frozen=True)
class Delivery:
    """Microseconds from sending a change until the first, and until the last follower had it."""

    first: float
    last: float


class Followers:
    """`count` connections that follow one stream of `server`; `head` in its bytes says that it is live."""

    def __init__(self, server: Server, request: bytes, count: int, head: str, folder: Path) -> None:
        file = folder / f"follow-{server.port}"
        file.write_bytes(request)
        address = (server.host, str(server.port))
        program = str(programs.followers())
        self._process = subprocess.Popen(
            [program, *address, str(count), str(file), head],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=pin(1),
        )
        require(self._line() == "ready", "the followers did not get ready")

    def change(self, number: int, request: bytes) -> Delivery:
        """Send the request that makes change `number`, and wait until each follower has it, once, in order.

        Raises:
            WrongAnswer: a follower missed it, had it twice, or out of order.
        """
        assert self._process.stdin
        self._process.stdin.write(b"%d %d\n" % (number, len(request)) + request)
        self._process.stdin.flush()
        first, last = self._line().split()
        return Delivery(int(first) / 1000, int(last) / 1000)

    def _line(self) -> str:
        assert self._process.stdout
        assert self._process.stderr
        line = self._process.stdout.readline().decode().strip()
        if not line:
            raise WrongAnswer(f"the followers ended: {self._process.stderr.read().decode()}")
        return line

    def __enter__(self) -> "Followers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
