"""The command `antiphon` in processes of its own."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ANTIPHON = Path(sys.executable).with_name("antiphon")
PATIENCE = 30.0
"""Seconds that anything may take on a busy machine."""


def antiphon(*arguments: str | Path, folder: Path, code: int = 0, **variables: str) -> str:
    """What `antiphon` prints, run in `folder` with these environment variables; it must end with `code`.

    With another code than 0 it is what it prints to standard error.
    """
    done = subprocess.run(
        (ANTIPHON, *arguments),
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **variables},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return done.stderr if code else done.stdout


class Running:
    """`antiphon` while it runs: its lines come one by one, what it says on standard error is `said`."""

    def __init__(self, *arguments: str | Path, folder: Path, **variables: str) -> None:
        self._process = subprocess.Popen(
            (ANTIPHON, *arguments),
            cwd=folder,
            env={**os.environ, "COLUMNS": "200", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._errors: list[str] = []
        self._threads = [threading.Thread(target=each) for each in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        return "".join(self._errors)

    def line(self) -> str:
        """The next line that it prints."""
        line = self._lines.get(timeout=PATIENCE)
        assert line is not None, self.said
        return line

    def lines(self, count: int) -> list[str]:
        return [self.line() for _ in range(count)]

    def rest(self) -> list[str]:
        """All lines up to its end."""
        return list(iter(lambda: self._lines.get(timeout=PATIENCE), None))

    def says(self, what: str) -> None:
        """Wait until it says so on standard error."""
        until = time.monotonic() + PATIENCE
        while what not in self.said:
            assert time.monotonic() < until, self.said
            time.sleep(0.02)

    def send(self, how: signal.Signals) -> None:
        self._process.send_signal(how)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and wait; returns the exit code."""
        self.send(how)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end; returns the exit code."""
        code = self._process.wait(PATIENCE)
        for thread in self._threads:
            thread.join()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors.append(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()
