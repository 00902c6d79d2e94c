"""What the streams of music tell while its processes are killed: none of it is missing, none comes twice."""

import asyncio
import time
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import httpx
import msgspec
from tests.acceptance.music import Music
from tests.acceptance.people import Record
from tests.acceptance.server import PATIENCE
from tests.acceptance.stream import Follower


def digest(event: Record) -> bytes:
    """What tells one event from another."""
    return blake2b(msgspec.json.encode(event, order="sorted"), digest_size=16).digest()


class Telling:
    """A stream of a service, followed, and followed again whenever it ends; `ends` are the times."""

    def __init__(self, music: Music, service: str, path: str, token: str = "") -> None:
        self.service = service
        self.path = path
        self.ends: list[float] = []
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._log = music.events(service)
        if path == "/events":
            incarnation = self._read("?from=now&limit=1")[1].rpartition("-")[0]
            self.follower = Follower(self._log, incarnation, 0)
            self.follower.condense = digest
        else:
            self.follower = Follower(music.at(path))

    @property
    def last(self) -> int:
        """The number of the position it has come to."""
        return self.follower.last or 0

    async def follow(self) -> None:
        """Follow for ever."""
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, headers=self._headers) as client:
            while True:
                await self.follower.follow(client)
                self.ends.append(time.monotonic())
                await asyncio.sleep(0.02)

    def check(self) -> int:
        """All that the log has is told, once, in order, and adds up to what is there; how much it was."""
        seen = self.follower.seen
        if self.path == "/events":
            assert [each.data for each in seen] == [digest(each) for each in self._events()]
            return len(seen)
        state = {each["id"]: each for each in self.follower.listed}
        for each in seen:
            id = each.data["id"]
            assert (id in state) == (each.kind != "added"), f"{self.path}: {each}"
            if each.kind == "removed":
                del state[id]
            else:
                state[id] = each.data
        assert state == {each["id"]: each for each in self._there()}
        if "limit=" not in self.path:
            start = self.follower.start
            assert start is not None
            assert [(each.kind, each.number, each.data["id"]) for each in seen] == [
                (event["type"].rpartition(".")[2], number, event["subject"].rpartition("/")[2])
                for event in self._events(f"&resource={self.path}")
                if (number := int(event["id"].rpartition("-")[2])) > start
            ]
        return len(seen)

    def _read(self, query: str) -> tuple[list[Record], str, str]:
        answer = httpx.get(self._log + query, headers=self._headers, trust_env=False, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        following = answer.links.get("next", {}).get("url", "")
        return answer.json(), answer.headers["Antiphon-Position"], following.partition("?")[2]

    def _events(self, more: str = "") -> Iterator[Record]:
        query = f"limit=1000{more}"
        while (page := self._read(f"?{query}"))[0]:
            yield from page[0]
            query = page[2]

    def _there(self) -> list[Any]:
        found: list[Any] = []
        url: str | None = self.follower.path + ("" if "limit=" in self.path else "?limit=1000")
        while url is not None:
            page = httpx.get(url, headers=self._headers, trust_env=False, timeout=PATIENCE).json()
            found += page["items"]
            following = None if "limit=" in self.path else page["next"]
            url = following and str(httpx.URL(self.follower.path).join(following))
        return found
