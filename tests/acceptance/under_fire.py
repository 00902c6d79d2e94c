"""Music under load while its processes are killed, and what that was like for those who used it."""

import asyncio
import random
import time
from collections import Counter
from typing import Any, NamedTuple

import httpx
from tests.acceptance.calls import Call, Line
from tests.acceptance.music import Music
from tests.acceptance.people import Editor, Person, World, token_of
from tests.acceptance.server import PATIENCE, eventually
from tests.acceptance.tellings import Telling

from antiphon_music.services import SERVICES

FOUNDERS = ("ana", "ben", "cy", "dora")
MOST_PEOPLE = 8
LOOKS = {
    "catalog": "/songs?limit=10",
    "identity": "/users?limit=10",
    "social": "/comments?limit=10",
    "charts": "/top-artists?limit=10",
    "notifications": "/notifications?limit=10",
}


class Kill(NamedTuple):
    """When a process was killed, and answered again."""

    service: str
    begun: float
    ended: float

    def meets(self, call: Call) -> bool:
        """Whether a call was made while it was down."""
        return call.begun <= self.ended and call.ended >= self.begun


class Run:
    """Everybody at work while processes are killed; each rests for `pause` seconds between two acts."""

    def __init__(self, music: Music, line: Line, seed: int, pause: float) -> None:
        self.music = music
        self.line = line
        self.world = World()
        self.random = random.Random(seed)
        self.pause = pause
        self.kills: list[Kill] = []
        self.tellings: list[Telling] = []
        self.tokens: dict[str, str] = {}

    async def go(self, rounds: int) -> None:
        """Kill each process so many times, and let all come to rest."""
        founders = [
            Person(self.world, self.line, name, seed, private=name == "dora")
            for seed, name in enumerate(FOUNDERS)
        ]
        editor = Editor(self.world, self.line, 100)
        await editor.fill()
        for each in founders:
            await each.sign_up()
        for each in founders[:3]:
            for artist in self.world.releasing:
                await each.follow(f"/artists/{artist}")
        ana = token_of(self.line, founders[0].id)
        self.tellings = [
            *(Telling(self.music, name, "/events", token_of(self.line, "x", "service")) for name in SERVICES),
            Telling(self.music, "catalog", "/artists"),
            Telling(self.music, "identity", "/users"),
            Telling(self.music, "social", "/comments"),
            Telling(self.music, "charts", "/top-artists?limit=3"),
            Telling(self.music, "notifications", "/notifications", ana),
        ]
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as following:
            streams = [following.create_task(each.follow()) for each in self.tellings]
            async with asyncio.TaskGroup() as group:
                for somebody in (editor, *founders):
                    group.create_task(somebody.live(ended, self.pause))
                for path in LOOKS.values():
                    group.create_task(self._look(path, ana, ended))
                group.create_task(self._arrive(group, ended))
                await self._kill(rounds)
                ended.set()
            assert await asyncio.to_thread(eventually, lambda: caught_up(self.music), 60), behind(self.music)
            ends = {name: position(self.music, name) for name in SERVICES}

            def told() -> bool:
                return all(each.last >= ends[each.service] for each in self.tellings)

            assert await asyncio.to_thread(eventually, told), [
                (each.path, each.last) for each in self.tellings
            ]
            for stream in streams:
                stream.cancel()

    async def _kill(self, rounds: int) -> None:
        for _ in range(rounds):
            for name, server in self.music.servers.items():
                await asyncio.sleep(self.random.uniform(0.05, 1.5 if self.music.together else 0.4))
                begun = time.monotonic()
                await asyncio.to_thread(server.kill)
                await asyncio.sleep(self.random.choice((0.0, 0.2)))
                if self.random.random() < 0.1:
                    await asyncio.to_thread(server.start_and_kill, self.random.uniform(0, 0.8))
                await asyncio.to_thread(server.start)
                self.kills.append(Kill(name, begun, time.monotonic()))

    async def _look(self, path: str, token: str, ended: asyncio.Event) -> None:
        while not ended.is_set():
            answer = await self.line.once("GET", path, token)
            assert answer is None or answer.status_code == 200, answer.text
            await asyncio.sleep(self.pause)

    async def _arrive(self, group: asyncio.TaskGroup, ended: asyncio.Event) -> None:
        for number in range(len(FOUNDERS), MOST_PEOPLE):
            person = Person(self.world, self.line, f"person{number}", number)
            await person.sign_up()
            group.create_task(person.live(ended, self.pause))
            await asyncio.sleep(1)
            if ended.is_set():
                return

    def figures(self) -> dict[str, Any]:
        """What it was, for people to read; nobody but who was killed may have failed to answer."""
        others: list[float] = []
        for call in self.line.calls:
            down = [kill for kill in self.kills if kill.meets(call)]
            if self.music.together or any(kill.service == call.service for kill in down):
                continue
            assert not call.trouble, f"{call} failed while {down} was down"
            if down:
                others.append(call.ended - call.begun)
        for call in self.line.calls:
            if call.trouble:
                assert any(kill.meets(call) for kill in self.kills), call
        others.sort()
        return {
            "acts": sum(self.world.acts.values()),
            "kills": dict(Counter(kill.service for kill in self.kills)),
            "down_seconds": round(sum(kill.ended - kill.begun for kill in self.kills), 1),
            "answers_of_others_while_one_was_down": len(others),
            "of_them_failed": 0,
            **{
                f"{name}_ms": round(others[int((len(others) - 1) * share)] * 1000, 1)
                for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))
                if others
            },
            "requests_sent_again": sum(bool(call.trouble) for call in self.line.calls),
        }


def position(music: Music, service: str) -> int:
    """Where a service's log has come to."""
    return metrics(music)[f'antiphon_position{{service="{service}"}}']


def metrics(music: Music) -> dict[str, int]:
    """All metrics of reactions and positions."""
    found = {}
    for server in music.servers.values():
        text = httpx.get(server.url + "/metrics", trust_env=False, timeout=PATIENCE).text
        for line in text.splitlines():
            if line.startswith(("antiphon_position", "antiphon_reaction_")):
                name, _, value = line.rpartition(" ")
                found[name] = int(float(value))
    return found


def behind(music: Music) -> list[str]:
    """Reactions that have not handled all there is, by what the metrics say."""
    found, late = metrics(music), []
    for name, value in found.items():
        kind, _, labels = name.partition("{")
        if kind in ("antiphon_reaction_waiting", "antiphon_reaction_parked") and value:
            late.append(f"{name} {value}")
        if kind == "antiphon_reaction_position":
            told = dict(label.split("=") for label in labels.rstrip("}").replace('"', "").split(","))
            source = told["source"].partition("/")[0] or told["service"]
            if value < (end := found[f'antiphon_position{{service="{source}"}}']):
                late.append(f"{name} {value} of {end}")
    return late


def caught_up(music: Music) -> bool:
    """Whether every reaction has handled all there is, and nothing new has come of it."""
    before = [position(music, name) for name in SERVICES]
    return not behind(music) and before == [position(music, name) for name in SERVICES]
