"""UUIDv7: always rising, from any thread, whatever the clock does, and no two alike."""

import subprocess
import sys
import threading
import time
from uuid import RFC_4122, UUID

import pytest

from antiphon.resources import NAMED, uuid7

FORK = """
import os, sys
from antiphon.resources import uuid7
uuid7()
child = os.fork()
print(os.getpid(), *(uuid7() for _ in range(600)), flush=True)
if child:
    os.waitpid(child, 0)
"""


def test_an_id_is_a_uuid_of_version_7_and_the_present_time() -> None:
    before = time.time_ns() // 1_000_000
    text = uuid7()
    after = time.time_ns() // 1_000_000
    found = UUID(text)
    assert str(found) == text
    assert (found.version, found.variant) == (7, RFC_4122)
    assert before <= found.int >> 80 <= after
    assert NAMED.fullmatch(text)


def test_ids_rise_faster_than_the_clock() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_rise_within_each_of_many_threads() -> None:
    made: list[list[str]] = [[] for _ in range(4)]

    def run(mine: list[str]) -> None:
        mine += [uuid7() for _ in range(5000)]

    threads = [threading.Thread(target=run, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in made)
    assert len({each for mine in made for each in mine}) == 20_000


def test_ids_rise_when_the_clock_jumps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time_ns
    before = [uuid7() for _ in range(10)]
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3600 * 10**9)
    back = [uuid7() for _ in range(10)]
    monkeypatch.undo()
    after = [uuid7() for _ in range(10)]
    assert before + back + after == sorted({*before, *back, *after})


def test_a_forked_process_does_not_repeat_its_parents_randomness() -> None:
    said = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, check=True, timeout=60
    )
    one, other = ({text[-14:] for text in line.split()[1:]} for line in said.stdout.splitlines())
    assert not one & other


@pytest.mark.parametrize("name", ["a", "A-b_9", "0" * 64, "01a209a3-d373-7000-804c-5b683f1f4a91"])
def test_a_client_may_name_a_record(name: str) -> None:
    assert NAMED.fullmatch(name)


@pytest.mark.parametrize("name", ["", "a" * 65, "a.b", "a/b", "a b", "é", "a\n", "%41"])
def test_other_names_are_no_ids(name: str) -> None:
    assert not NAMED.fullmatch(name)
