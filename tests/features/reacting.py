"""Two services in this process, one of which reacts to the other; and what stops either."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from antiphon import Application, Change, Reaction, Resource, Settings, Transaction, field, react
from antiphon.log import parse_position
from antiphon.observations import Observation
from antiphon.operations import Progress, Waiting
from antiphon.store import backup


class Play(Resource):
    listener: str
    song: str = ""
    note: str | None = field(default=None, hidden=True)


class Ledger(Resource):
    """What was handled for one listener, in order."""

    entries: list[str] = field(default_factory=list)


class Heard(msgspec.Struct):
    """What the ledger wants to know of a play."""

    listener: str


class Faults:
    """Which plays cannot be handled, and how often more; -1: ever."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}

    def meet(self, id: str) -> None:
        left = self.left.get(id, 0)
        if left:
            self.left[id] = max(left - 1, -1)
            raise ValueError(f"{id} cannot be handled")


def ledger(faults: Faults, **options: Any) -> Reaction:
    """The reaction that writes ledgers, in the transaction."""

    @react(to="social/plays", key="listener", **({"pause": 0.01, "tries": 3} | options))
    def note(change: Change[Heard], tx: Transaction) -> None:
        assert change.after is not None
        known = tx.find(Ledger, id=change.after.listener)
        before = [] if known is None else known.entries
        tx.put(Ledger(id=change.after.listener, entries=[*before, change.id]))
        faults.meet(change.id)  # after it has written

    return note


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[list[Observation]]:
    """Run the application's lifespan; gives what it observes."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    seen: list[Observation] = []
    app.observers.add(seen.append)
    life = asyncio.ensure_future(app({"type": "lifespan"}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    answer = await said.get()
    if answer["type"] != "lifespan.startup.complete":
        assert app.failure is not None
        raise app.failure
    try:
        yield seen
    finally:
        await told.put({"type": "lifespan.shutdown"})
        assert (await said.get())["type"] == "lifespan.shutdown.complete"
        await life


def social(folder: Path, **settings: Any) -> Application:
    """The source."""
    return Application(
        Play, name="social", settings=Settings(data=str(folder), log_level="error", **settings)
    )


def charts(
    folder: Path, source: Any, *reactions: Reaction, resources: Sequence[type[Resource]] = (), **settings: Any
) -> Application:
    """The one that reacts."""
    return Application(
        Ledger,
        *resources,
        name="charts",
        reactions=reactions,
        sources={"social": source},
        settings=Settings(data=str(folder), log_level="error", **settings),
    )


async def play(app: Application, *plays: tuple[str, str]) -> None:
    """Write plays, each an id and a listener, in one transaction."""

    def command(tx: Transaction) -> None:
        for id, listener in plays:
            tx.create(Play(id=id, listener=listener))

    await app.service.write(command)


async def ledgers(app: Application) -> dict[str, list[str]]:
    """All ledgers."""
    with app.service.store.snapshot() as snapshot:
        found = [
            change.after
            for change in snapshot.changes(0, 1_000_000)
            if change.resource == "/ledgers" and change.after is not None
        ]
    return {each.id: each.entries for each in found}


async def progress(app: Application, name: str = "note") -> Progress:
    with app.service.store.snapshot() as snapshot:
        return snapshot.reactions(name)[0]


async def set_aside(app: Application, name: str = "note") -> list[Waiting]:
    with app.service.store.snapshot() as snapshot:
        return snapshot.waiting(name)


async def caught_up(app: Application, source: Application, name: str = "note", seconds: float = 20) -> None:
    """Wait until a reaction is where its source is, and nothing is on its way."""
    with source.service.store.snapshot() as snapshot:
        wanted = snapshot.position

    async def there() -> bool:
        with app.service.store.snapshot() as snapshot:
            found = snapshot.reactions(name)
            if not found or found[0].position in ("beginning", "now") or snapshot.tally(name).due is not None:
                return False
            return parse_position(found[0].position) >= wanted

    await until(there, seconds)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.01)


class Crash:
    """What a store's folder is at one instant, as a kill would leave it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._live = folder / f"{name}.db"
        self._kept = folder / f"{name}.kept"
        backup(folder, name, self._kept, overwrite=True)

    def restore(self) -> None:
        """Go on with that; nothing may be running."""
        for end in ("", "-wal", "-shm"):
            self._live.with_name(self._live.name + end).unlink(missing_ok=True)
        shutil.move(self._kept, self._live)
