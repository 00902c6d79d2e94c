"""A real server process, for tests that talk to it, kill it and look at what it holds."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(__file__).with_name("library.py")
PATIENCE = 30.0
"""Seconds that a start or a stop may take on a busy machine."""


class Server:
    """The process of `program` (a file that calls `serve`) on the data in `folder`, set up by `settings`.

    It listens on a free port, and after a restart on the same. Its log is `log`, as JSON lines; by default
    beside the folder.
    """

    def __init__(
        self, folder: Path, program: Path = LIBRARY, *, log: Path | None = None, **settings: Any
    ) -> None:
        self.folder = folder
        self.program = program
        self.settings: dict[str, Any] = {"log_format": "json", "port": 0, **settings}
        self.log = folder.with_name(folder.name + ".log") if log is None else log
        self.url = ""
        self.prepare: Callable[[], None] | None = None
        self._process: subprocess.Popen[str] | None = None
        self._forgiven: list[str] = []

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> "Server":
        """Run it; returns when it answers. `prepare` is called in the new process first."""
        self._launch()
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line.startswith("listening on "):
            self._process.wait(PATIENCE)
            self._process.stdout.close()
            raise RuntimeError(f"the server did not start: {line}\n{self.log.read_text()}")
        self.url = line.removeprefix("listening on ")
        self.settings["port"] = self.port
        return self

    def start_and_kill(self, seconds: float) -> None:
        """Run it, and kill it after `seconds`, wherever its start has come to."""
        self._launch()
        time.sleep(seconds)
        self.kill()

    def _launch(self) -> None:
        assert not self.running
        variables = {f"ANTIPHON_{name.upper()}": str(value) for name, value in self.settings.items()}
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                (sys.executable, str(self.program)),
                cwd=ROOT,
                env={**os.environ, **variables, "ANTIPHON_DATA": str(self.folder)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=self.prepare,
            )

    def kill(self) -> None:
        """End it as a crash does: at once, wherever it is."""
        self.end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and wait; returns its exit code."""
        return self.end(signal.SIGTERM)

    def restart(self) -> "Server":
        self.stop()
        return self.start()

    def end(self, how: signal.Signals) -> int:
        """Send it a signal, and wait; returns its exit code."""
        self.signal(how)
        return self.wait()

    def signal(self, how: signal.Signals) -> None:
        """Send it a signal, and don't wait."""
        assert self._process is not None
        self._process.send_signal(how)

    def wait(self) -> int:
        """Wait for its end; returns its exit code."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            return self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def client(self, **options: Any) -> httpx.Client:
        """A client for it; the environment's proxies are left aside."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False, **options)

    def connect(self, timeout: float = PATIENCE) -> socket.socket:
        """A bare connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def memory(self) -> int:
        """What it holds in memory, in bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def forget_peak(self) -> None:
        """Begin to measure `peak` anew (proc(5): clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """The most it held in memory at once, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def files(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - a listing of names is all there is

    def sockets(self) -> int:
        """How many connections it has open."""
        found = 0
        for name in os.listdir(f"/proc/{self.pid}/fd"):  # noqa: PTH208
            try:
                found += os.readlink(f"/proc/{self.pid}/fd/{name}").startswith("socket:")  # noqa: PTH115
            except FileNotFoundError:
                continue
        return found

    def errors(self) -> list[dict[str, Any]]:
        """What its log says went wrong."""
        lines = self.log.read_text().split("\n") if self.log.exists() else []
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        strays = [line for line in lines if line.startswith(("Traceback", "Exception"))]
        wrong = [each for each in entries if each["level"] == "error" and each.get("status", 500) == 500]
        wrong += [{"line": line} for line in strays]
        return [each for each in wrong if not any(word in str(each) for word in self._forgiven)]

    def forgive(self, *words: str) -> None:
        """Leave out of `errors` what says one of `words`: it was called for."""
        self._forgiven += words


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether `holds` comes true in time; for what happens on the server's side by itself."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
