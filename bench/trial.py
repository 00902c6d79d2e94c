"""What the rows share: the songs, a folder for files, and a catalogue filled once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import uvloop

from antiphon.observations import Observation, Observers
from antiphon.operations import Service, Transaction
from antiphon.resources import Declaration, declare
from antiphon.settings import Settings
from antiphon.store import open_store
from bench import songs
from bench.catalog import NAME, RESOURCES, Song

DECLARATIONS = tuple(declare(resource) for resource in RESOURCES)
CALLERS = 64


class Trial:
    """One run of the benchmarks: each side of a row runs `rounds` times; `quick` makes all work small."""

    def __init__(self, folder: Path, rounds: int, quick: bool) -> None:
        self.folder = folder
        self.rounds = rounds
        self.quick = quick
        self._numbers = count()

    def size(self, full: int) -> int:
        """How much work to do where a full run does `full`."""
        return max(full // 20, 64) if self.quick else full

    def few(self, full: int) -> int:
        """The same for work of which a little says as much."""
        return max(full // 10, 3) if self.quick else full

    def fresh(self, name: str) -> Path:
        """A new folder."""
        path = self.folder / f"{name}-{next(self._numbers)}"
        path.mkdir()
        return path

    @property
    def songs(self) -> songs.Songs:
        """The songs: 100,000 of them."""
        return songs.load()

    @cached_property
    def catalogue(self) -> Path:
        """A data folder with all songs in it, written through Antiphon; not to be written to."""
        folder = self.fresh("catalogue")

        async def fill() -> None:
            async with service(folder) as running:
                for begin in range(0, len(self.songs.rows), 1000):
                    await running.write(chunk(begin))

        def chunk(begin: int) -> Callable[[Transaction], None]:
            def add(tx: Transaction) -> None:
                for row in self.songs.rows[begin : begin + 1000]:
                    tx.create(Song(**row))

            return add

        uvloop.run(fill())
        with apsw.Connection(str(database(folder))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return folder


def database(folder: Path) -> Path:
    """The SQLite file of a data folder."""
    return folder / f"{NAME}.db"


@asynccontextmanager
async def service(
    folder: Path,
    listener: Callable[[Observation], Any] | None = None,
    declarations: tuple[Declaration[Any], ...] = DECLARATIONS,
) -> AsyncIterator[Service]:
    """The waist on a data folder, without a server: `read` and `write` as the faces call them."""
    observers = Observers()
    if listener:
        observers.add(listener)
    settings = Settings(data=str(folder))
    store = open_store("", NAME, declarations, settings, observers)
    running = Service(NAME, declarations, store, settings, observers)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
        await asyncio.sleep(0)
