"""Several processes on one store: one log, of which each is told in order."""

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tests.contracts.deliveries import Deliveries
from tests.contracts.opener import Opener, add, check_log

from antiphon.operations import write_and_wait

ROOT = Path(__file__).resolve().parents[2]


class Another:
    """A process that runs `tests.contracts.another`; killed in the end."""

    def __init__(self, url: str, count: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.another", url, str(count)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Another":
        assert self.hear() == "ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def kill(self) -> list[str]:
        """End it at once; the whole lines it said before."""
        self._process.kill()
        assert self._process.stdout is not None
        return self._process.stdout.read().split("\n")[:-1]


class ProcessContract:
    def test_two_processes_write_one_log_and_each_is_told_of_all(self, opened: Opener) -> None:
        store = opened()
        deliveries = Deliveries(store)
        with Another(opened.url, 150) as other:
            other.say("go")
            mine = [write_and_wait(add(f"mine {place}"), store)[1] for place in range(150)]
            theirs = [int(other.hear()) for _ in range(150)]
            assert sorted(mine + theirs) == list(range(1, 301))
            assert (mine, theirs) == (sorted(mine), sorted(theirs))
            deliveries.wait_for(300)
            assert deliveries.numbers == list(range(1, 301))
            time.sleep(0.3)  # the last may have been mine: they hear of it soon
            other.say("tell")
            assert [int(word) for word in other.hear().split()] == list(range(1, 301))
        check_log(store)

    def test_processes_may_make_a_store_at_once(self, opened: Opener) -> None:
        others = [Another(opened.url, 1) for _ in range(3)]
        with others[0], others[1], others[2]:
            for other in others:
                other.say("go")
            assert sorted(other.hear() for other in others) == ["1", "2", "3"]
        assert check_log(opened()) == 3

    def test_an_idle_store_hears_of_another_process_soon(self, opened: Opener) -> None:
        store = opened()
        deliveries = Deliveries(store)
        with Another(opened.url, 1) as other:
            other.say("go")
            assert other.hear() == "1"
            deliveries.wait_for(1, seconds=5)
        assert deliveries.numbers == [1]

    def test_what_was_told_to_be_durable_survives_a_kill(self, opened: Opener) -> None:
        with Another(opened.url, 100_000) as other:
            other.say("go")
            told = [other.hear() for _ in range(50)]
            told += other.kill()
        assert told == [str(number) for number in range(1, len(told) + 1)]
        assert check_log(opened()) >= len(told)
