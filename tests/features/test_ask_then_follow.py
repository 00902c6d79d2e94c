"""An answer at a position, plus the changes that follow it, is a fresh answer: at every position, for all."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.acceptance.conftest import Serving
from tests.acceptance.server import Server
from tests.acceptance.stream import Parser, Told, number_of
from tests.features.filters import queries, songs

NAMES = ("one", "two", "three", "four")
Records = dict[str, Any]


class Open:
    """A follower of `path`, who holds `records` at the position `last`, and folds what it is told."""

    def __init__(self, path: str, position: str | None, records: Records) -> None:
        self.path = path
        self.incarnation = "" if position is None else position.rpartition("-")[0]
        self.last = None if position is None else number_of(position)
        self.records = dict(records)
        self._response: httpx.Response | None = None
        self._pieces: Any = None
        self._parser = Parser()
        self._group: list[Told] = []

    async def catch_up(self, client: httpx.AsyncClient, answers: dict[int, Records], head: int) -> None:
        """Read up to `head`, and compare with each fresh answer on the way."""
        if self._response is None:
            await self._begin(client)
        async with asyncio.timeout(20):
            while self.last is None or self.last < head:
                for told in self._parser.feed(await anext(self._pieces)):
                    self._take(told, answers)
        self._agree(answers, head + 1)

    async def leave(self) -> None:
        """Drop the connection, wherever the stream is; what was told of a group that is not whole is lost."""
        if self._response is not None:
            await self._response.aclose()
        if self.last is None:
            self.records.clear()
        self._response, self._parser = None, Parser()
        self._group.clear()

    async def _begin(self, client: httpx.AsyncClient) -> None:
        headers = {"Accept": "text/event-stream"}
        if self.last is not None:
            headers["Last-Event-ID"] = f"{self.incarnation}-{self.last}"
        request = client.build_request("GET", self.path, headers=headers)
        self._response = await client.send(request, stream=True)
        assert self._response.status_code == 200, await self._response.aread()
        self._pieces = self._response.aiter_raw()

    def _take(self, told: Told, answers: dict[int, Records]) -> None:
        if told.kind == "present":
            assert self.last is None
            assert told.data["id"] not in self.records
            self.records[told.data["id"]] = told.data
        elif told.kind == "live":
            assert self.last is None
            assert told.number is not None
            self.incarnation, self.last = told.data["position"].rpartition("-")[0], told.number
            if self.last in answers:
                assert self.records == answers[self.last]
        else:
            if told.data is not None:
                self._group.append(told)
            if told.number is not None:
                assert self.last is not None
                assert told.number >= self.last
                self._agree(answers, told.number)
                for each in self._group:
                    self._apply(each)
                self._group.clear()
                self.last = told.number

    def _apply(self, told: Told) -> None:
        id = told.data["id"]
        assert (id in self.records) == (told.kind != "added"), f"{told.kind} out of place: {told}"
        if told.kind == "removed":
            assert told.data.keys() == {"id", "revision"}
            del self.records[id]
        else:
            assert self.records.get(id) != told.data, "a change was told that changes nothing"
            self.records[id] = told.data

    def _agree(self, answers: dict[int, Records], end: int) -> None:
        """What is held is the answer at each position from the last one told of up to, not with, `end`."""
        assert self.last is not None
        for number in range(self.last, end):
            if number in answers:
                assert self.records == answers[number], f"at {number}, {self.path}"


class AskThenFollow(RuleBasedStateMachine):
    """One writer, many followers; after each write every query in use is asked anew."""

    paths = Bundle("paths")
    followers = Bundle("followers")

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            base_url=server.url, timeout=20, limits=httpx.Limits(max_connections=None), trust_env=False
        )
        self._answers: dict[str, dict[int, Records]] = {}
        self._open: list[Open] = []
        self._head = 0
        self._incarnation = ""

    @initialize(target=paths, bodies=st.lists(songs(), min_size=4, max_size=4))
    def begin(self, bodies: list[Records]) -> str:
        for record in self._get("/songs?limit=1000").json()["items"]:
            self._send("DELETE", f"/songs/{record['id']}")
        path = self.use("/songs?")
        for name, body in zip(NAMES, bodies, strict=True):
            self._write("PUT", f"/songs/{name}", body)
        return path

    def teardown(self) -> None:
        try:
            self._everyone()
        finally:
            for follower in self._open:
                self._runner.run(follower.leave())
            self._runner.run(self._client.aclose())
            self._runner.close()

    # Queries

    @rule(target=paths, path=queries())
    def use_another(self, path: str) -> str:
        return self.use(path)

    def use(self, path: str) -> str:
        if path not in self._answers:
            self._answers[path] = {}
            self._ask(path)
        return path

    @rule(target=followers, path=paths)
    def list_then_follow(self, path: str) -> Open:
        return self._add(Open(path, None, {}))

    @rule(target=followers, path=paths, data=st.data())
    def follow_an_answer(self, path: str, data: st.DataObject) -> Open:
        """From any position that an answer was had at, long ago or just now."""
        number = data.draw(st.sampled_from(sorted(self._answers[path])))
        return self._add(Open(path, f"{self._incarnation}-{number}", self._answers[path][number]))

    @rule(follower=followers)
    def read_on(self, follower: Open) -> None:
        self._read_on(follower)

    @rule(follower=followers)
    def leave_and_come_back(self, follower: Open) -> None:
        self._runner.run(follower.leave())

    @rule(follower=consumes(followers))
    def leave(self, follower: Open) -> None:
        self._runner.run(follower.leave())
        self._open.remove(follower)

    # Writes

    @rule(body=songs())
    def create(self, body: Records) -> None:
        self._write("POST", "/songs", body)

    @rule(name=st.sampled_from(NAMES), body=songs())
    def put(self, name: str, body: Records) -> None:
        self._write("PUT", f"/songs/{name}", body)

    @rule(name=st.sampled_from(NAMES), body=songs(partial=True))
    def patch(self, name: str, body: Records) -> None:
        self._write("PATCH", f"/songs/{name}", body)

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str) -> None:
        self._write("DELETE", f"/songs/{name}")

    @rule(bodies=st.lists(songs(), min_size=2, max_size=5), named=st.booleans())
    def write_many(self, bodies: list[Records], named: bool) -> None:
        if named:
            bodies = [{**body, "id": NAMES[place % 3]} for place, body in enumerate(bodies)]
        self._write("PUT" if named else "POST", "/songs", bodies)

    @rule(name=st.sampled_from(NAMES))
    def act(self, name: str) -> None:
        self._write("POST", f"/songs/{name}/split", {"titles": ["a", "ä"]})

    @rule()
    def flood(self) -> None:
        """More changes of something else than the server keeps in memory."""
        lines = "\n".join(json.dumps({"name": "flood"}) for _ in range(1100))
        headers = {"Content-Type": "application/x-ndjson"}
        answer = self._runner.run(self._client.post("/genres", content=lines, headers=headers))
        assert answer.status_code == 201
        self._ask_all()

    @invariant()
    def nothing_is_left_over(self) -> None:
        assert all(follower.last is None or follower.last <= self._head for follower in self._open)

    def _add(self, follower: Open) -> Open:
        self._open.append(follower)
        return follower

    def _read_on(self, follower: Open) -> None:
        self._runner.run(follower.catch_up(self._client, self._answers[follower.path], self._head))

    def _everyone(self) -> None:
        for follower in self._open:
            self._read_on(follower)

    def _get(self, url: str) -> httpx.Response:
        answer = self._runner.run(self._client.get(url))
        assert answer.status_code == 200, answer.text
        return answer

    def _send(self, method: str, url: str, body: Any = None) -> httpx.Response:
        return self._runner.run(self._client.request(method, url, json=body))

    def _write(self, method: str, url: str, body: Any = None) -> None:
        answer = self._send(method, url, body)
        assert answer.is_success or answer.status_code == 404, answer.text
        self._ask_all()

    def _ask_all(self) -> None:
        for path in self._answers:
            self._ask(path)

    def _ask(self, path: str) -> None:
        answer = self._get(path if "limit=" in path else f"{path}&limit=1000".replace("?&", "?"))
        items = answer.json()["items"]
        position = answer.headers["Antiphon-Position"]
        self._incarnation, self._head = position.rpartition("-")[0], number_of(position)
        self._answers[path][self._head] = {record["id"]: record for record in items}


def attack(serving: Serving, examples: int, steps: int) -> None:
    server = serving(heartbeat_seconds=0.05)

    class Attacked(AskThenFollow):
        def __init__(self) -> None:
            super().__init__(server)

    run_state_machine_as_test(
        Attacked,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=(Phase.generate, Phase.explain),  # a server that fails slowly would be shrunk for ever
        ),
    )


def test_an_answer_and_what_follows_is_a_fresh_answer(serving: Serving) -> None:
    attack(serving, 15, 30)


@pytest.mark.long
def test_an_answer_and_what_follows_is_a_fresh_answer_for_long(serving: Serving) -> None:
    attack(serving, 600, 50)
