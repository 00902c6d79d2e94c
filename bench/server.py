"""Server processes under measurement, each pinned to the first core; load comes from the second."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[1]
LISTENING = re.compile(r"listening on http://([\d.]+):(\d+)")


def pin(core: int) -> Callable[[], None] | None:
    """For `preexec_fn`: keep the process on the first core (0) or the second (1); None if there is one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return None
    return lambda: os.sched_setaffinity(0, {cores[core]})


def spread_out() -> Callable[[], None] | None:
    """For `preexec_fn`: keep the process off the second core, which is that of the load."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return None
    return lambda: os.sched_setaffinity(0, {*cores} - {cores[1]})


def processor_seconds(pid: int) -> float:
    """Processor time that a process used so far, in its own code and in the kernel's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def on(core: int) -> Iterator[None]:
    """Keep this thread on the first core (0) or the second (1) meanwhile, if there are two."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def allow_many_connections() -> None:
    """Let this process, and those that it starts, have as many open files as the system lets them have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Server:
    """A server process, `python -m MODULE ARGUMENTS…`, that prints `listening on http://H:N` once it answers.

    `started` is how many seconds that took; its log goes to `log`, beside its data. It has the first core for
    itself; `spread`: every core but that of the load.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        log: Path,
        variables: Mapping[str, str] | None = None,
        spread: bool = False,
    ) -> None:
        self._start([sys.executable, "-m", module, *arguments], log, variables, spread)

    def _spawn(
        self,
        command: Sequence[str],
        log: Path,
        variables: Mapping[str, str] | None = None,
        spread: bool = False,
    ) -> None:
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                preexec_fn=spread_out() if spread else pin(0),
                env={**os.environ, **(variables or {}), "PYTHONUNBUFFERED": "1"},
            )

    def _start(
        self,
        command: Sequence[str],
        log: Path,
        variables: Mapping[str, str] | None = None,
        spread: bool = False,
    ) -> None:
        self.log = log
        begin = time.perf_counter()
        self._spawn(command, log, variables, spread)
        assert self.process.stdout
        found = None
        while not found:
            line = self.process.stdout.readline().decode()
            if not line:
                self.kill()
                raise RuntimeError(f"{command} did not start:\n{log.read_text()[-3000:]}")
            found = LISTENING.search(line)
        self.host, self.port = found[1], int(found[2])
        self.started = time.perf_counter() - begin

    def get(self, target: str) -> bytes:
        """The body of one GET, asked for by the standard library: the load generator has no part in it."""
        with urllib.request.urlopen(f"http://{self.host}:{self.port}{target}", timeout=30) as answer:
            return bytes(answer.read())

    def etag(self, target: str) -> str:
        """The entity tag of what one GET gives."""
        with urllib.request.urlopen(f"http://{self.host}:{self.port}{target}", timeout=30) as answer:
            return str(answer.headers["ETag"])

    def resident(self) -> float:
        """Memory that the process has resident, in MB."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.findall(r"^Rss:\s+(\d+)", rollup, re.M)[0]) * 1024 / 1e6

    def processor_seconds(self) -> float:
        """Processor time that the process used so far."""
        return processor_seconds(self.process.pid)

    def kill(self) -> None:
        """End it as a crash would: nothing is flushed or closed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def stop(self) -> None:
        """Tell it to end, and its own processes with it, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class Program(Server):
    """A server that is not a Python module: the command line that starts it, and prints the same."""

    def __init__(self, *command: str, log: Path, variables: Mapping[str, str] | None = None) -> None:
        self._start(command, log, variables)
