"""`POST /songs` over 64 connections, each durable, beside the same server's POST that writes nothing."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import load, tables
from bench.comparison import Comparison, require
from bench.server import Server
from bench.trial import Trial, database


def compare(trial: Trial) -> Iterator[Comparison]:
    """One server, both paths in turn; then the server is killed, and every song must be there."""
    folder, files = trial.fresh("posting"), trial.fresh("requests")
    count = trial.size(20_000)
    titles = [f"{number:06} {row['title']}" for number, row in enumerate(trial.songs.rows[:count])]
    bodies = [
        msgspec.json.encode({**row, "title": title})
        for title, row in zip(titles, trial.songs.rows[:count], strict=True)
    ]
    songs = load.write((load.post("/songs", body) for body in bodies), files / "songs")
    nothing = load.write((load.post("/nothing", body) for body in bodies), files / "nothing")
    row = Comparison(
        "`POST /songs`, 64 connections, durable",
        "the same server's POST that writes nothing",
        "answers/s",
        "rate",
        0.5,
    )
    latencies: list[load.Load] = []
    posted = 0
    with Server("bench.served", str(folder), log=trial.folder / "posting.log") as server:

        def antiphon() -> float:
            nonlocal posted
            latencies.append(load.run(server, songs, count))
            posted += count
            return latencies[-1].rate

        row.alternate(antiphon, lambda: load.run(server, nothing, count).rate, trial.rounds)
        server.kill()
    last = latencies[-1]
    row.notes.append(f"latency of the last run: half below {last.p50:,} µs, 99 % below {last.p99:,} µs")
    check(database(folder), titles, posted)
    yield row


def check(path: Path, titles: list[str], posted: int) -> None:
    """Hold the killed server's file to what it acknowledged; raises WrongAnswer."""
    tables.check_log(path, {"songs": posted})
    kept = dict(tables.rows(path, "SELECT title, count(*) FROM songs GROUP BY title"))
    each = posted // len(titles)
    require(kept == dict.fromkeys(titles, each), f"the songs are not each there {each} times")
