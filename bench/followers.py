"""Many followers from a process of their own: see `followers.c`."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bench import load, programs
from bench.comparison import WrongAnswer, require
from bench.load import Exchange
from bench.server import Server, pin


@dataclass(frozen=True)
class Delivery:
    """Microseconds from sending a change until the first, and until the last follower had it."""

    first: float
    last: float


@dataclass(frozen=True)
class Followed:
    """A server that is followed by `request`, and changed by `change`, given the change's number.

    `head` in its bytes says that a stream is live, and `close` ends what is told of one change; `reply` is
    sent to what it says first, where that is the protocol.
    """

    server: Server
    request: bytes
    change: Callable[[int], Exchange]
    head: str = "\r\n\r\n"
    close: str = "\n\n"
    reply: bytes = b""

    def __enter__(self) -> "Followed":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.kill()

    def write(self, path: Path) -> Path:
        """Keep what is sent in the file that the programs read."""
        return load.write((Exchange(each) for each in (self.request, self.reply) if each), path)


class Followers:
    """`count` connections that follow one stream."""

    def __init__(self, followed: Followed, count: int, folder: Path) -> None:
        self._followed = followed
        server = followed.server
        file = followed.write(folder / f"follow-{server.port}")
        address = (server.host, str(server.port))
        program = str(programs.followers())
        self._process = subprocess.Popen(
            [program, *address, str(count), str(file), followed.head, followed.close],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=pin(1),
        )
        require(self._line() == "ready", "the followers did not get ready")

    def change(self, number: int) -> Delivery:
        """Make change `number`, and wait until each follower has it, once, in order.

        Raises:
            WrongAnswer: a follower missed it, had it twice, or out of order.
        """
        assert self._process.stdin
        request = self._followed.change(number).request
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
