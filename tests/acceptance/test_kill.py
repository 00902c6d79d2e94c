"""A server that is killed at any instant, while it is written to and followed, loses and doubles nothing."""

import asyncio
import random
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.ledger import Entry, Ledger, Reading, Record
from tests.acceptance.server import LIBRARY, Server
from tests.acceptance.stream import Follower, Told, number_of
from tests.acceptance.traffic import Writer, check_transactions, write_at_once

PATHS = (
    "/songs",
    "/songs?genre=jazz&year[gte]=1960",
    "/songs?or=(genre=rock,title[contains]=BLUE)&fields=title,genre",
    "/songs?heard[null]=false&length[lt]=1",
    "/genre",
)
WINDOWS = ("/songs?order=-year,title&limit=10&genre=jazz", "/songs?order=title&limit=1&fields=title")
EVENTS = ("/events", "/events?type=song.removed")
TYPES = {"/songs": "song", "/genres": "genre"}


class Watcher:
    """A follower, held round by round against what the log says it was to be told."""

    def __init__(self, path: str, incarnation: str) -> None:
        self.follower = Follower(path, incarnation, 0)
        self._reading = Reading(path) if not path.startswith("/events") else None
        self._checked = 0
        self._state: dict[str, Record] = {}
        self._shown: list[Record] = []
        self._seen = 0

    def check(self, entries: list[Entry]) -> None:
        """All up to the position the follower is at was told: each change once, in order."""
        last = self.follower.last or 0
        told = self.follower.seen[self._seen :]
        self._seen += len(told)
        passed = entries[self._checked : last]
        assert last <= len(entries), "a position was told that the log does not have"
        self._checked = last
        if self._reading is None:
            self._check_events(told, passed)
        elif self._reading.query.limit is None:
            expected = [event for entry in passed if (event := self._reading.told(entry)) is not None]
            assert [(each.kind, each.number, each.data) for each in told] == expected
        else:
            self._check_window(told, passed)

    def _check_events(self, told: list[Told], passed: list[Entry]) -> None:
        only = self.follower.path.partition("type=")[2]
        typed = [(f"{TYPES[entry.resource]}.{entry.kind}", entry) for entry in passed]
        expected = [
            (entry.number, f"{entry.resource}/{entry.id}", kind, entry.before, entry.after)
            for kind, entry in typed
            if only in ("", kind)
        ]
        assert [
            (each.number, each.data["subject"], each.data["type"], *each.data["data"].values())
            for each in told
        ] == expected

    def _check_window(self, told: list[Told], passed: list[Entry]) -> None:
        assert self._reading is not None
        groups: dict[int, list[Told]] = {}
        group: list[Told] = []
        for each in told:
            group.append(each)
            if each.number is not None:
                groups[each.number], group = group, []
        assert not group, "the end of a group has no position"
        for entry in passed:
            if entry.resource != self._reading.resource:
                continue
            if entry.after is None:
                self._state.pop(entry.id)
            else:
                self._state[entry.id] = entry.after
            before = {each["id"]: self._reading.shown(each) for each in self._shown}
            self._shown = self._reading.answer(self._candidates(entry, before))
            after = {each["id"]: self._reading.shown(each) for each in self._shown}
            expected = {
                ("removed", id): {"id": id, "revision": entry.number} for id in before if id not in after
            } | {
                ("changed" if id in before else "added", id): record
                for id, record in after.items()
                if before.get(id) != record
            }
            found = groups.pop(entry.number, [])
            assert len(found) == len(expected)
            assert {(each.kind, each.data["id"]): each.data for each in found} == expected
        assert not groups, "a change was told at a position where nothing changed"

    def _candidates(self, entry: Entry, before: dict[str, Record]) -> Iterable[Record]:
        """What the window can consist of after `entry`: to sort all there is for each would take for ever."""
        if entry.id in before:
            return self._state.values()
        return self._shown if entry.after is None else [*self._shown, entry.after]


class Newcomer:
    """One who asks in the middle of it all, and follows what it was answered."""

    def __init__(self, path: str) -> None:
        self.follower = Follower(path)
        self._reading = Reading(path)

    def check(self, entries: list[Entry]) -> None:
        """The list is what the log adds up to at its position, and all since then was told."""
        start, last = self.follower.start, self.follower.last
        if start is None or last is None:
            return
        state = {
            entry.id: entry.after for entry in entries[:start] if entry.resource == self._reading.resource
        }
        present = self._reading.answer([each for each in state.values() if each is not None])
        shown = [self._reading.shown(each) for each in present]
        assert self.follower.listed == shown
        told = [event for entry in entries[start:last] if (event := self._reading.told(entry)) is not None]
        assert [(each.kind, each.number, each.data) for each in self.follower.seen] == told


async def live(server: Server, writers: list[Writer], followers: list[Follower], seconds: float) -> None:
    """Write and follow, until the server is killed after `seconds`."""
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=20, limits=limits, trust_env=False) as client,
        asyncio.TaskGroup() as group,
    ):
        for follower in followers:
            group.create_task(follower.follow(client))
        group.create_task(write_at_once(writers, client))
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.kill)


async def settle(server: Server, followers: list[Follower], until: int) -> None:
    """Let all followers come to the end of the log."""
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client,
        asyncio.timeout(60),
        asyncio.TaskGroup() as group,
    ):
        for follower in followers:
            group.create_task(follower.follow(client, until))


def kill_again_and_again(server: Server, rounds: int, seed: int) -> int:
    """Returns how many writes were acknowledged, and so checked."""
    pick = random.Random(seed)
    ledger = Ledger(server.folder)
    writers = [Writer(seed + number) for number in range(5)]
    with server.client() as client:
        position = client.get("/songs").headers["Antiphon-Position"]
    incarnation = position.rpartition("-")[0]
    assert number_of(position) == 0
    watchers = [Watcher(path, incarnation) for path in (*PATHS, *WINDOWS, *EVENTS)]
    followers = [each.follower for each in watchers]
    for number in range(rounds):
        newcomers = [Newcomer(path) for path in PATHS[:3]]
        asyncio.run(
            live(
                server,
                writers,
                [*followers, *(each.follower for each in newcomers)],
                pick.uniform(0.02, pick.choice((0.1, 1.0))),
            )
        )
        if number % 10 == 9:
            server.start_and_kill(pick.uniform(0, 0.6))
        server.start()
        ledger.read_on()
        ledger.check_tables()
        check_transactions(ledger.entries)
        checked: list[Writer | Watcher | Newcomer] = [*writers, *watchers, *newcomers]
        for each in checked:
            each.check(ledger.entries)
    asyncio.run(settle(server, followers, ledger.head))
    for watcher in watchers:
        assert watcher.follower.last == ledger.head
        watcher.check(ledger.entries)
    whole = Ledger(server.folder)
    assert whole.read_on() == ledger.entries
    whole.check_tables()
    return sum(writer.acknowledged for writer in writers)


def test_nothing_is_lost_or_doubled_when_a_server_is_killed(serving: Serving) -> None:
    server = serving(heartbeat_seconds=0.1)
    assert kill_again_and_again(server, 8, seed=1) > 100


@pytest.mark.long
def test_nothing_is_lost_or_doubled_in_200_kills(serving: Serving) -> None:
    server = serving(heartbeat_seconds=0.1)
    assert kill_again_and_again(server, 200, seed=2) > 10_000


def test_a_first_start_that_is_killed_leaves_a_store_that_opens(tmp_path: Path) -> None:
    pick = random.Random(3)
    for number in range(3):
        server = Server(tmp_path / f"data{number}", LIBRARY)
        server.start_and_kill(pick.uniform(0.2, 0.8))
        server.start()
        try:
            with server.client() as client:
                assert client.post("/songs", json={"title": "First"}).status_code == 201
        finally:
            server.stop()
        assert server.errors() == []
