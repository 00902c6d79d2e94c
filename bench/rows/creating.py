"""Durable creates by 64 concurrent callers through `write`, beside a C loop and aiosqlite."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import uvloop

from antiphon.observations import Committed, Observation
from antiphon.resources import Resource
from antiphon.store.sqlite.checkpoints import PAGES
from bench import programs, tables
from bench.catalog import Play, Song
from bench.comparison import Comparison, require
from bench.peers import one_commit
from bench.songs import SongRow
from bench.trial import CALLERS, Trial, database, service

MEMORY = Path("/dev/shm")


def compare(trial: Trial) -> Iterator[Comparison]:
    """Plays, which have no index but the id's, beside both peers; songs, which have eight more, beside C."""
    plays = Creates(trial, Play, "plays", trial.size(40_000))
    check_syncs(trial)
    row = Comparison(
        "durable create, 64 callers through `write`", "C loop, same rows and batch", "rows/s", "rate", 0.4
    )
    row.alternate(plays.antiphon, plays.group_commit, trial.rounds)
    row.notes.append(f"batches of {plays.batch:.0f} on average; the C loop commits every {CALLERS}")
    yield row
    row = Comparison("the same", "aiosqlite, one commit a command", "rows/s", "rate", 15)
    row.alternate(plays.antiphon, plays.one_commit, trial.rounds)
    yield row
    if MEMORY.is_dir():
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            plays = Creates(Trial(Path(folder), trial.rounds, trial.quick), Play, "plays", plays.count)
            row = Comparison(
                "the same where a sync costs nothing (tmpfs)",
                "C loop, same rows and batch",
                "rows/s",
                "rate",
                None,
            )
            row.alternate(plays.antiphon, plays.group_commit, trial.rounds)
            row.notes.append("not durable: what is left when the disk's share is taken from both sides")
            yield row
    songs = Creates(trial, Song, "songs", trial.size(20_000))
    row = Comparison(
        "durable create of songs, with the catalogue's indexes",
        "C loop, same rows and batch",
        "rows/s",
        "rate",
        0.4,
    )
    row.alternate(songs.antiphon, songs.group_commit, trial.rounds)
    yield row


def record(resource: type[Resource], row: SongRow) -> Resource:
    """A record to create, from a song's row."""
    if resource is Song:
        return Song(**row)
    return Play(song=row["title"], artist=row["artist"], listener="listener-1", seconds=row["length"])


class Creates:
    """`count` creates of one resource, by Antiphon and by the peers; each from an empty file."""

    def __init__(self, trial: Trial, resource: type[Resource], table: str, count: int) -> None:
        self.trial, self.resource, self.table, self.count = trial, resource, table, count
        self.source: Path | None = None
        self.batch = 0.0

    def antiphon(self) -> float:
        """Creates a second through `write`; afterwards state and log are held to what was acknowledged."""
        folder = self.trial.fresh("create")
        rows = self.trial.songs.rows[: self.count]
        seconds, ids, commits = uvloop.run(create(folder, self.resource, rows))
        path = database(folder)
        tables.check_log(path, {self.table: self.count})
        kept = {id for (id,) in tables.rows(path, f"SELECT id FROM {self.table}")}
        require(kept == set(ids), "an acknowledged record is missing")
        self.source, self.batch = path, self.count / commits
        return self.count / seconds

    def group_commit(self) -> float:
        """The same rows by the C loop."""
        source = self._source()
        target = tables.copy_schema(source, self.trial.fresh("loop") / "loop.db")
        connection = apsw.Connection(":memory:")
        connection.enable_load_extension(True)
        connection.load_extension(str(programs.group_commit()), "sqlite3_groupcommit_init")
        arguments = (
            str(source),
            tables.select(source, self.table, "revision"),
            tables.select(source, "antiphon_log", "position"),
            str(target),
            tables.insert(source, self.table),
            tables.insert(source, "antiphon_log"),
            CALLERS,
            PAGES,
        )
        seconds: float = connection.execute("SELECT group_commit(?, ?, ?, ?, ?, ?, ?, ?)", arguments).get
        tables.check_same(source, target, [self.table])
        return self.count / seconds

    def one_commit(self) -> float:
        """A part of the same rows by aiosqlite: it is slower by far."""
        source = self._source()
        target = tables.copy_schema(source, self.trial.fresh("aiosqlite") / "one.db")
        count = min(self.count, self.trial.size(4000))
        state = tables.rows(source, tables.select(source, self.table, "revision"))
        log = tables.rows(source, tables.select(source, "antiphon_log", "position"))
        pairs = list(zip(state, log, strict=True))[:count]
        inserts = (tables.insert(source, self.table), tables.insert(source, "antiphon_log"))
        seconds = one_commit.run(target, inserts, pairs, CALLERS)
        tables.check_log(target, {self.table: count})
        return count / seconds

    def _source(self) -> Path:
        assert self.source, "Antiphon's rows are what the peers write"
        return self.source


async def create(folder: Path, resource: type[Resource], rows: list[SongRow]) -> tuple[float, list[str], int]:
    """Create a record of each row, `CALLERS` at once; seconds, the acknowledged ids, and how many commits."""
    commits = 0

    def listen(observation: Observation) -> None:
        nonlocal commits
        commits += isinstance(observation, Committed)

    async with service(folder, listen) as running:
        left, ids = iter(rows), list[str]()

        async def caller() -> None:
            for row in left:
                new = record(resource, row)
                made, _ = await running.write(lambda tx: tx.create(new))  # noqa: B023 - awaited at once
                ids.append(made.id)

        start = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return time.perf_counter() - start, ids, commits


def check_syncs(trial: Trial) -> None:
    """Hold commits to being durable: each one syncs the write-ahead log. Not timed; raises WrongAnswer."""
    syncs = 0

    class File(apsw.VFSFile):
        def __init__(self, name: Any, flags: list[int]) -> None:
            super().__init__("unix", name, flags)
            self.is_log = bool(flags[0] & apsw.SQLITE_OPEN_WAL)

        def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
            nonlocal syncs
            syncs += self.is_log
            super().xSync(flags)

    class Counting(apsw.VFS):
        def __init__(self) -> None:
            super().__init__("counting", "unix", makedefault=True)

        def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
            return File(name, flags)

    counting = Counting()
    try:
        _, _, commits = uvloop.run(create(trial.fresh("syncs"), Play, trial.songs.rows[:640]))
    finally:
        counting.unregister()
    require(syncs >= commits > 0, f"{commits} commits made only {syncs} syncs of the write-ahead log")
