"""`POST /releases` over 64 connections, each durable and with its policy, beside peers."""

from collections.abc import Iterator
from contextlib import ExitStack

import msgspec

from bench import load, releases, tables
from bench.comparison import Comparison, Run, require
from bench.peers import processes
from bench.server import Server
from bench.sides import Sides
from bench.songs import GENRES
from bench.trial import Trial, database

THERE = releases.EACH * len(GENRES)
WAYS = ("/threads/releases", "/releases")
"""In which the glue writes; the quicker one counts."""


def compare(trial: Trial) -> Iterator[Comparison]:
    """Afterwards each server is asked or killed, and must have each release."""
    folder, records = releases.fill(trial)
    file = trial.fresh("glue") / "glue.db"
    ways: list[str] = []
    with ExitStack() as stack:
        ours = stack.enter_context(releases.start(trial, folder))
        own = Posts(trial, "/releases", releases.editor(folder), trial.size(10_000))
        sides = Sides("durable `POST`, 64 connections", "answers/s", "rate", lambda: own.run(ours))
        threads, blocking, memory = (
            Posts(trial, target, releases.peers_editor(), count)
            for target, count in (
                (WAYS[0], trial.size(2000)),
                (WAYS[1], trial.size(2000)),
                (WAYS[1], own.count),
            )
        )

        def glue() -> Run:
            server = stack.enter_context(processes.glue(trial, records, file))
            tried = [(posts.run(server), posts) for posts in (threads, blocking)]
            ways.extend(f"{posts.target} {rate:,.0f}" for rate, posts in tried)
            quicker = max(tried, key=lambda each: each[0])[1]
            return lambda: quicker.run(server)

        def feathers() -> Run:
            server = stack.enter_context(processes.feathers(trial, records))
            return lambda: memory.run(server)

        row = sides.beside("FastAPI glue, durable", 10, glue)
        row.notes.append(f"ways to write the glue, answers/s: {', '.join(ways)}")
        sides.beside("Feathers in memory, not durable", 1.5, feathers)
        found = list(sides.alternate(trial.rounds))
        if memory.last:
            kept = msgspec.json.decode(memory.last.get("/releases?$limit=0"))["total"]
            require(kept == THERE + memory.made, f"Feathers holds {kept} releases, not {memory.made} more")
    tables.check_log(database(folder), {"releases": THERE + own.made})
    ((stored,),) = tables.rows(file, "SELECT count(*) FROM releases")
    made = threads.made + blocking.made
    require(stored == THERE + made, f"the glue holds {stored} releases, not {made} more")
    yield from found


class Posts:
    """Posts of different releases to a path, and how many were acknowledged."""

    def __init__(self, trial: Trial, target: str, headers: str, count: int) -> None:
        self.target, self.count, self.made = target, count, 0
        self.last: Server | None = None
        rows = trial.songs.rows[:count]
        bodies = (
            msgspec.json.encode(row | {"title": f"{n:06} {row['title']}"}) for n, row in enumerate(rows)
        )
        exchanges = (load.post(target, body, headers) for body in bodies)
        self._file = load.write(exchanges, trial.fresh("posts") / "posts")

    def run(self, server: Server) -> float:
        """Answers a second."""
        self.last = server
        self.made += self.count
        return load.run(server, self._file, self.count).rate
