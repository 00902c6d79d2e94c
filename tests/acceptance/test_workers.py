"""Several workers on one store: what is promised of one process holds of all of them together."""

import asyncio
import os
import random
import re
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from tests.acceptance.commands import antiphon
from tests.acceptance.conftest import Serving
from tests.acceptance.ledger import Ledger
from tests.acceptance.server import Server, eventually
from tests.acceptance.stream import Parser
from tests.acceptance.test_kill import EVENTS, PATHS, WINDOWS, Watcher, settle
from tests.acceptance.traffic import Writer, check_transactions

from antiphon import Tokens

WORKING = Path(__file__).with_name("working.py")


def workers_of(server: Server) -> list[int]:
    """The process ids of the workers, in the order of their places as long as none was begun anew."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return sorted(map(int, children.split()))


def lives(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


class Each:
    """A client for each worker: whoever has a connection stays with the worker that it led to."""

    def __init__(self, server: Server, **options: str) -> None:
        self._opened = ExitStack()
        found: dict[str, httpx.Client] = {}
        while len(found) < 2:
            client = self._opened.enter_context(server.client(headers=options))
            worker = client.get("/health/live").headers["X-Request-Id"].partition("-")[0]
            found.setdefault(worker, client)
        self.first, self.second = found.values()

    def __enter__(self) -> "Each":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers that some tests share."""
    server = Server(tmp_path_factory.mktemp("workers") / "data", workers=2).start()
    yield server
    server.stop()
    assert server.errors() == []


@pytest.fixture
def both(server: Server) -> Iterator[Each]:
    with Each(server) as each:
        yield each


def test_each_reads_at_once_what_another_wrote(both: Each) -> None:
    present = len(both.first.get("/songs?limit=100").json()["items"])
    for number in range(1, 51):
        writer, reader = (both.first, both.second) if number % 2 else (both.second, both.first)
        made = writer.post("/songs", json={"title": str(number)})
        least = {"Antiphon-Min-Position": made.headers["Antiphon-Position"]}
        found = reader.get(made.headers["Location"], headers=least)
        assert found.json() == made.json()
        changed = reader.patch(made.headers["Location"], json={"title": "x"}, headers={"If-Match": '"0"'})
        assert changed.status_code == 412
        page = reader.get("/songs?limit=100")
        assert len(page.json()["items"]) == present + number
        assert page.headers["Antiphon-Position"] == made.headers["Antiphon-Position"]


def test_a_key_is_good_once_on_all_of_them(both: Each) -> None:
    headers = {"Idempotency-Key": "one"}
    first = both.first.post("/songs", json={"title": "Once"}, headers=headers)
    again = both.second.post("/songs", json={"title": "Once"}, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


def test_a_change_reaches_the_followers_of_the_other_at_once(both: Each) -> None:
    took: list[float] = []
    with both.second.stream("GET", "/songs?from=now", headers={"Accept": "text/event-stream"}) as stream:
        parser, pieces = Parser(), stream.iter_raw()
        for number in range(30):
            time.sleep(random.Random(number).uniform(0, 0.05))
            begun = time.perf_counter()
            made = both.first.post("/songs", json={"title": str(number)}).json()
            told = [each for each in parser.feed(next(pieces)) if each.kind]
            while not told:
                told = [each for each in parser.feed(next(pieces)) if each.kind]
            took.append(time.perf_counter() - begun)
            assert [each.data for each in told] == [made]
    assert statistics.median(took) < 0.02, took  # that it looks by itself would take 25 ms


class Clients:
    """Clients of a connection each."""

    def __init__(self) -> None:
        self._clients: list[httpx.AsyncClient] = []

    def one(self, server: Server) -> httpx.AsyncClient:
        self._clients.append(httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False))
        return self._clients[-1]

    async def __aenter__(self) -> "Clients":
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._clients:
            await each.aclose()


class Load:
    """Writers and followers, with connections of their own to whichever worker."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server = server
        with server.client() as client:
            incarnation = client.get("/songs").headers["Antiphon-Position"].rpartition("-")[0]
        self.ledger = Ledger(server.folder)
        self.writers = [Writer(seed + number) for number in range(6)]
        self.watchers = [Watcher(path, incarnation) for path in (*PATHS, *WINDOWS, *EVENTS) * 2]

    async def run(self, disturb: Callable[[], None], times: int, pause: float) -> None:
        """Write and follow, going on where it was cut off; `disturb` is called so many times meanwhile."""
        followers = [each.follower for each in self.watchers]
        tasks: list[asyncio.Task[None]] = []
        async with Clients() as clients:
            for writer in self.writers:
                tasks.append(asyncio.create_task(self._again(writer.write, clients.one(self._server))))
            for follower in followers:
                tasks.append(asyncio.create_task(self._again(follower.follow, clients.one(self._server))))
            try:
                for number in range(times + 1):
                    if number:
                        await asyncio.to_thread(disturb)
                    done, _ = await asyncio.wait(tasks, timeout=pause, return_when=asyncio.FIRST_EXCEPTION)
                    assert not done, [each.exception() for each in done]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _again(self, call: Callable[[httpx.AsyncClient], object], client: httpx.AsyncClient) -> None:
        while True:
            await call(client)  # type: ignore[misc]
            await asyncio.sleep(0.02)

    def check(self) -> int:
        """All that was answered is in the log, and was told; returns how many writes were answered."""
        while self.ledger.read_on() and not eventually(lambda: False, 0.3):
            pass  # what was on its way when its writer ended
        self.ledger.check_tables()
        check_transactions(self.ledger.entries)
        asyncio.run(settle(self._server, [each.follower for each in self.watchers], self.ledger.head))
        checked: list[Writer | Watcher] = [*self.writers, *self.watchers]
        for each in checked:
            each.check(self.ledger.entries)
        assert [entry.number for entry in self.ledger.entries] == list(range(1, self.ledger.head + 1))
        return sum(writer.acknowledged for writer in self.writers)


def test_followers_of_all_are_told_of_what_all_write_once_and_in_order(serving: Serving) -> None:
    load = Load(serving(workers=2, heartbeat_seconds=0.1), seed=1)
    asyncio.run(load.run(lambda: None, 1, 0.75))
    assert load.check() > 100


def serving_in(server: Server) -> int:
    """How many workers serve, by what one of them says."""
    with server.client() as client:  # one that has just been killed is waited for: its queue is still there
        try:
            return len(set(re.findall(r'antiphon_position{.*worker="(\d+)"}', client.get("/metrics").text)))
        except httpx.TransportError:
            return 0


def kill_one_again_and_again(server: Server, times: int, seed: int) -> int:
    server.forgive("workerended")
    pick = random.Random(seed)

    count = len(workers_of(server))

    def kill_one() -> None:
        os.kill(victim := pick.choice(workers_of(server)), signal.SIGKILL)
        begun = time.monotonic()
        assert eventually(lambda: victim not in workers_of(server))
        assert eventually(lambda: serving_in(server) == count)
        assert time.monotonic() - begun < 10

    load = Load(server, seed)
    asyncio.run(load.run(kill_one, times, 0.5))
    acknowledged = load.check()
    assert eventually(lambda: server.log.read_text().count('"workerended"') == times)
    return acknowledged


def test_when_a_worker_is_killed_the_others_go_on_and_it_comes_back(serving: Serving) -> None:
    assert kill_one_again_and_again(serving(workers=2, heartbeat_seconds=0.1), 2, seed=2) > 100


@pytest.mark.long
def test_nothing_is_lost_or_doubled_when_workers_are_killed_100_times(serving: Serving) -> None:
    assert kill_one_again_and_again(serving(workers=3, heartbeat_seconds=0.1), 100, seed=3) > 10_000


def test_when_all_are_asked_to_stop_followers_are_told_to_return(serving: Serving) -> None:
    server = serving(workers=2)
    workers = workers_of(server)
    with Each(server, Accept="text/event-stream") as each, ExitStack() as streams:
        streams_of = [
            streams.enter_context(client.stream("GET", "/songs")) for client in (each.first, each.second)
        ]
        pieces = [stream.iter_raw() for stream in streams_of]
        assert all(b"event: live" in next(piece) for piece in pieces)
        server.signal(signal.SIGTERM)
        for piece in pieces:
            list(piece)  # to the end, which an answer that is cut off does not have
        assert server.wait() == 0
    assert not any(map(lives, workers))
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_when_the_supervisor_is_killed_none_goes_on(serving: Serving) -> None:
    server = serving(workers=2)
    workers = workers_of(server)
    with server.client() as client:
        made = client.post("/songs", json={"title": "Kept"}).json()
    server.kill()
    server.start()  # at once, on the same port and folder
    assert eventually(lambda: not any(map(lives, workers)), 2)
    with server.client() as client:
        assert client.get("/songs").json()["items"] == [made]


def test_a_worker_that_hangs_ends_with_the_supervisor(serving: Serving) -> None:
    server = serving(workers=2)
    stopped, other = workers_of(server)
    os.kill(stopped, signal.SIGSTOP)
    server.kill()
    assert eventually(lambda: not lives(other), 2)
    os.kill(stopped, signal.SIGCONT)
    assert eventually(lambda: not lives(stopped), 2)


def lines(server: Server, name: str) -> list[str]:
    file = server.folder.with_name(name)
    return file.read_text().splitlines() if file.exists() else []


def test_reactions_and_tasks_run_in_one_and_go_on_when_it_is_killed(serving: Serving) -> None:
    server = serving(program=WORKING, workers=2)
    server.forgive("workerended")
    with Each(server) as each:
        for number in range(40):
            client = (each.first, each.second)[number % 2]
            assert client.put(f"/notes/n{number}", json={"text": str(number)}).status_code == 201
        wanted = [str(number) for number in range(40)]
        assert eventually(lambda: each.first.get("/copies/all").json().get("texts") == wanted, 10)
        assert eventually(lambda: sorted(lines(server, "calls")) == sorted(f"n{n}" for n in range(40)), 10)
        reacting = workers_of(server)[0]
        assert lines(server, "tasks") == [str(reacting)]
        assert lines(server, "prepared") == [str(server.pid)]
        metrics = each.second.get("/metrics").text
        assert len(re.findall(r'^antiphon_reaction_running{.*worker="0"} 1.0$', metrics, re.MULTILINE)) == 2
        assert not re.search(r'^antiphon_reaction_running{.*worker="1"}', metrics, re.MULTILINE)
    os.kill(reacting, signal.SIGKILL)
    with server.client() as client:
        assert client.put("/notes/last", json={"text": "last"}).status_code == 201
    assert eventually(lambda: len(workers_of(server)) == 2 and len(lines(server, "tasks")) == 2, 10)
    with server.client() as client:
        assert eventually(lambda: client.get("/copies/all").json()["texts"] == [*wanted, "last"], 10)
    assert lines(server, "tasks")[1] in map(str, workers_of(server))
    assert lines(server, "prepared") == [str(server.pid)]


def test_a_session_that_ends_on_one_ends_streams_on_the_other(serving: Serving) -> None:
    server = serving(program=WORKING, workers=2)
    token = Tokens(server.folder, issuer="working").issue("ana", session="s1")
    with Each(server, Authorization=f"Bearer {token}") as ana, Each(server) as anyone:
        with ana.second.stream("GET", "/notes", headers={"Accept": "text/event-stream"}) as stream:
            pieces = stream.iter_raw()
            assert b"event: live" in next(pieces)
            assert anyone.first.put("/ended/s1", json={}).status_code == 201
            begun = time.monotonic()
            list(pieces)
            assert time.monotonic() - begun < 5
        for client in (ana.first, ana.second):
            assert client.get("/notes").status_code == 401
        for number in range(20):  # at once, not a moment later
            token = Tokens(server.folder, issuer="working").issue("ana", session=f"then{number}")
            asking = {"Authorization": f"Bearer {token}"}
            ending, other = (anyone.first, anyone.second) if number % 2 else (anyone.second, anyone.first)
            assert other.get("/notes", headers=asking).status_code == 200
            assert ending.put(f"/ended/then{number}", json={}).status_code == 201
            assert other.get("/notes", headers=asking).status_code == 401


def test_a_limit_is_one_for_all(serving: Serving) -> None:
    server = serving(workers=2, rate_per_address=60)
    found: set[str] = set()
    statuses: list[int] = []
    for _ in range(64):
        with server.client() as client:
            answer = client.get("/songs")
            statuses.append(answer.status_code)
            found.add(answer.headers["X-Request-Id"].partition("-")[0])
    assert statuses[:60] == [200] * 60
    assert len(found) == 2
    assert 429 in statuses[60:]


def test_each_tells_the_metrics_of_all(both: Each) -> None:
    for client in (both.first, both.first, both.second):
        assert client.get("/artists").status_code == 200
    for client in (both.first, both.second):
        text = client.get("/metrics").text
        counts = re.findall(
            r'^antiphon_requests_total{.*route="/artists",.*worker="(.)"} (.*)$', text, re.MULTILINE
        )
        assert sorted(count for _, count in counts) == ["1.0", "2.0"]
        assert {worker for worker, _ in counts} == {"0", "1"}


PROGRAM = """
from msgspec import Struct
from antiphon import Application, Change, Resource, Transaction, react

class Task(Resource):
    title: str

class Order(Struct):
    thing: str

@react(to="shop/orders")
def plan(change: Change[Order], tx: Transaction) -> None:
    pass

app = Application(Task, name="tasks", reactions=(plan,))
"""


def test_why_they_cannot_start_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(PROGRAM)
    start = ("serve", "tasks.py", "--workers=2", "--port")
    said = antiphon(*start, "0", folder=tmp_path, code=1)  # a worker says it, and the supervisor passes it on
    assert said.startswith("antiphon: The reaction plan reacts to shop/orders, and there is no source")
    assert len(said.splitlines()) == 1
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = antiphon(*start, str(taken.getsockname()[1]), folder=tmp_path, code=1)
    assert said.startswith("antiphon: Cannot listen on")
    assert len(said.splitlines()) == 1


def test_a_port_that_workers_have_is_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(PROGRAM)
    for workers in ("1", "2"):
        said = antiphon(
            "serve",
            "tasks.py",
            f"--workers={workers}",
            f"--port={server.port}",
            folder=tmp_path,
            code=1,
        )
        assert said.startswith("antiphon: Cannot listen on")
