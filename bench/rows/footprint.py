"""What a server takes: memory idle, and with 100,000 songs; time to the first answer."""

import time
from collections.abc import Iterator

from bench import load, pages
from bench.comparison import Comparison
from bench.server import Server
from bench.songs import GENRES
from bench.trial import Trial, database


def compare(trial: Trial) -> Iterator[Comparison]:
    """Reported only: each figure from a server of its own, `rounds` times."""
    idle = reported("resident memory, idle and empty", "MB")
    full = reported("resident memory, 100,000 songs, after 2,000 pages", "MB")
    empty_start = reported("from process start to the first answer, empty folder", "ms")
    full_start = reported("from process start to the first answer, 100,000 songs", "ms")
    asked = pages.genre_pages(database(trial.catalogue), GENRES)
    targets = [f"/songs?genre={each.genre}&limit={pages.LIMIT}" for each in asked]
    exchanges = load.write(map(load.get, targets), trial.fresh("pages") / "pages")
    for _ in range(trial.rounds):
        begin = time.perf_counter()
        with Server("bench.served", str(trial.fresh("empty")), log=trial.folder / "empty.log") as server:
            server.get("/songs?limit=1")
            empty_start.ours.append((time.perf_counter() - begin) * 1000)
            idle.ours.append(server.resident())
        begin = time.perf_counter()
        with Server("bench.served", str(trial.catalogue), log=trial.folder / "full.log") as server:
            server.get("/songs?limit=1")
            full_start.ours.append((time.perf_counter() - begin) * 1000)
            load.run(server, exchanges, 2000)
            full.ours.append(server.resident())
    yield from (idle, full, empty_start, full_start)


def reported(work: str, unit: str) -> Comparison:
    """A row without a peer."""
    return Comparison(work, "-", unit, "time", None)
