"""Two processes, one reacting to the other over HTTP, killed at any instant: each effect happens once."""

import random
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from tests.acceptance.server import Server, eventually

from antiphon.store import open_reactions

PROGRAM = Path(__file__).with_name("reacting.py")


def listener_of(number: int) -> str:
    """Three at a time, and others after a while: a ledger does not grow for ever."""
    return f"{('ana', 'ben', 'eva')[number % 3]}{number // 300}"


class Plays:
    """Plays that are written, one after the other, for as long as it runs; each has an id of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ended = threading.Event()
        self._count = 0
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> "Plays":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._ended.is_set():
            with suppress(httpx.TransportError), self._server.client() as client:
                while not self._ended.is_set():
                    time.sleep(0.01)
                    numbers = range(self._count, self._count + 5)
                    batch = [{"id": f"p{number}", "listener": listener_of(number)} for number in numbers]
                    # a batch that may have been written is written again: the same ids are no change
                    if client.put("/plays", json=batch).status_code in (200, 201):
                        self._count += 5
            time.sleep(0.01)


def written(social: Server) -> dict[str, list[str]]:
    """What the source's log has, by listener, in order."""
    found: dict[str, list[str]] = {}
    with social.client() as client:
        url = "/events?limit=1000&type=play.added"
        while events := (answer := client.get(url)).json():
            for event in events:
                play = event["data"]["after"]
                found.setdefault(play["listener"], []).append(play["id"])
            url = answer.links["next"]["url"]
    return found


def ledgers(charts: Server) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with charts.client() as client:
        url = "/ledgers?limit=1000"
        while url:
            page = client.get(url).json()
            found |= {each["id"]: each["entries"] for each in page["items"]}
            url = page["next"]
    return found


def kill_again_and_again(folder: Path, rounds: int, seed: int) -> int:
    """Kill either or both, while plays are written; returns how many plays there were."""
    pick = random.Random(seed)
    folder.mkdir()
    social = Server(folder, PROGRAM, log=folder.with_name("social.log"), part="social").start()
    charts = Server(
        folder,
        PROGRAM,
        log=folder.with_name("charts.log"),
        part="charts",
        source=social.url,
    ).start()
    charts.forgive("cannot be handled")
    (folder / "faults").write_text(" ".join(f"p{number}" for number in range(20, 100_000, 97)))
    try:
        with Plays(social):
            for _ in range(rounds):
                time.sleep(pick.uniform(0.05, pick.choice((0.2, 0.8))))
                victims = pick.choice(([charts], [charts], [social], [social, charts]))
                for each in victims:
                    each.kill()
                time.sleep(pick.choice((0.0, 0.2)))
                for each in victims:
                    if pick.random() < 0.2:
                        each.start_and_kill(pick.uniform(0, 0.6))
                    each.start()
        (folder / "faults").unlink()
        expected = written(social)
        with charts.client() as client:
            for _ in range(20):
                retry_all(folder)
                if eventually(lambda: ledgers(charts) == expected, 5):
                    break
            assert ledgers(charts) == expected
            total = sum(map(len, expected.values()))
            assert eventually(lambda: client.get("/totals/all").json()["plays"] == total)
    finally:
        for each in (charts, social):
            if each.running:
                each.stop()
    assert social.errors() == charts.errors() == []
    return total


def retry_all(folder: Path) -> None:
    """What `antiphon reactions retry` does, without a process of its own each time."""
    with open_reactions(folder, "charts") as rows:
        for each in rows.waiting("note", parked=True):
            rows.set_aside(replace(each, due=time.time(), tries=0))


def test_effects_happen_once_when_either_is_killed(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path / "data", 6, seed=1) > 100


@pytest.mark.long
def test_effects_happen_once_in_100_kills(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path / "data", 100, seed=2) > 2000
