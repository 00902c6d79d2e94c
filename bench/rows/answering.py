"""Answers from memory: a page of 50, one release, and 304, beside nginx serving files and beside peers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from bench import load, releases
from bench.comparison import Comparison, Run, require
from bench.load import Exchange
from bench.peers import processes
from bench.peers.nginx import Nginx
from bench.server import Server
from bench.sides import Sides
from bench.trial import Trial

GENRE = "Jazz"
NGINX = "nginx serving the same bytes from a file"


def compare(trial: Trial) -> Iterator[Comparison]:
    """Over 64 keep-alive connections, each time the same: what is asked for is in memory."""
    folder, records = releases.fill(trial)
    known = [msgspec.json.decode(line) for line in records.read_bytes().splitlines()]
    jazz = [record for record in known if record["genre"] == GENRE]
    one = jazz[0]
    with ExitStack() as stack:
        ours = stack.enter_context(releases.start(trial, folder))
        page, single = f"/releases?genre={GENRE}&limit={releases.EACH}", f"/releases/{one['id']}"
        files = {"page.json": ours.get(page), "one.json": ours.get(single)}
        asked = Asked(trial, stack, files, records)
        for work, target, file, right in (
            ("GET of a cached page of 50 songs", page, "page.json", jazz),
            ("GET of one cached song", single, "one.json", one),
        ):
            sides = Sides(
                f"{work}, 64 connections", "answers/s", "rate", asked.run(ours, target, right, 20_000)
            )
            sides.beside(NGINX, 0.7, asked.of(asked.nginx, f"/{file}", right, 60_000))
            sides.beside("FastAPI glue", 10, asked.of(asked.glue, target, right, 2000))
            in_feathers = target.replace("limit", "$limit")
            sides.beside("Feathers (koa)", 6, asked.of(asked.feathers, in_feathers, right, 8000))
            yield from sides.alternate(trial.rounds)
        work = "conditional GET of the page, answered 304, 64 connections"
        sides = Sides(work, "answers/s", "rate", asked.again(ours, page, 20_000))
        sides.beside("nginx doing the same", 0.7, lambda: asked.again(asked.nginx(), "/page.json", 60_000))
        yield from sides.alternate(trial.rounds)


class Asked:
    """Runs that ask for one thing all the time. The peers are started when they are first needed."""

    def __init__(self, trial: Trial, stack: ExitStack, files: dict[str, bytes], records: Path) -> None:
        self._trial, self._stack = trial, stack
        self._files, self._records = files, records
        self._started: dict[str, Server] = {}

    def of(self, server: Callable[[], Server], target: str, right: Any, count: int) -> Callable[[], Run]:
        """What starts a run, as `Sides.beside` takes it."""
        return lambda: self.run(server(), target, right, count)

    def run(self, server: Server, target: str, right: Any, count: int) -> Run:
        """Answers a second; every one is the same as the first, which holds the records that are right."""
        body = server.get(target)
        require(same(msgspec.json.decode(body), right), f"{target} gives something else: {body[:300]!r}")
        return self._run(server, load.get(target, body), count)

    def again(self, server: Server, target: str, count: int) -> Run:
        """Answers a second to one who has it already."""
        headers = f"If-None-Match: {server.etag(target)}\r\n"
        return self._run(server, Exchange(load.get(target, headers=headers).request, 304, b""), count)

    def _run(self, server: Server, exchange: Exchange, count: int) -> Run:
        path = load.write([exchange], self._trial.fresh("asked") / "exchange")
        return lambda: load.run(server, path, self._trial.size(count)).rate

    def nginx(self) -> Server:
        """With the bytes that Antiphon gives in files."""
        return self._once("nginx", lambda: Nginx(self._trial.fresh("nginx"), self._files))

    def glue(self) -> Server:
        """FastAPI."""
        return self._once("glue", lambda: processes.glue(self._trial, self._records))

    def feathers(self) -> Server:
        """Feathers."""
        return self._once("feathers", lambda: processes.feathers(self._trial, self._records))

    def _once(self, name: str, start: Callable[[], Server]) -> Server:
        if name not in self._started:
            self._started[name] = self._stack.enter_context(start())
        return self._started[name]


def same(answer: Any, right: Any) -> bool:
    """Whether an answer is this record, or a page of these in their order, whoever made it."""
    if isinstance(right, list):
        items = answer.get("items") or answer.get("data")
        return bool(items) and len(items) == len(right) and all(map(same, items, right))
    return all(answer.get(name) == value for name, value in right.items() if value is not None)
