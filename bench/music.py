"""Music under measurement, in one process or in five; all of them on the first core.

`python -m bench.music` is the command `music`.
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from antiphon_music.cli import main
from bench.server import Server

SERVICES = ("identity", "catalog", "social", "charts", "notifications")
"""In the order in which they start: each follows the logs of those before."""
VARIABLES = {"MUSIC_RATE_PER_CALLER": "1000000000", "MUSIC_LOG_LEVEL": "warning"}
"""Requests are counted as ever, and none is one too many."""


def serve(folder: Path, *arguments: str) -> Server:
    """One process, with the arguments of `music serve`."""
    log = folder.with_name(f"{folder.name}-{arguments[0] if arguments else 'music'}.log")
    command = ("serve", *arguments, "--no-demo", "--port=0", f"--data={folder}")
    return Server("bench.music", *command, log=log, variables=VARIABLES)


class Music:
    """All services on one data folder, `together` in one process or each in one of its own."""

    def __init__(self, folder: Path, *, together: bool) -> None:
        self.folder = folder
        self._together = together
        self._servers: dict[str, Server] = {}
        self._running = ExitStack()

    def server_of(self, service: str) -> Server:
        """The process in which a service runs."""
        return self._servers["music" if self._together else service]

    def __enter__(self) -> "Music":
        with ExitStack() as stack:
            if self._together:
                self._servers["music"] = stack.enter_context(serve(self.folder))
            else:
                for name in SERVICES:
                    sources = [
                        f"--source={other}=http://{server.host}:{server.port}"
                        for other, server in self._servers.items()
                    ]
                    self._servers[name] = stack.enter_context(serve(self.folder, name, *sources))
            self._running = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()


if __name__ == "__main__":
    main()
