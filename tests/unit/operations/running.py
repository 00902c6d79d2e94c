"""A service in this process, on a store of its own, for tests of what is beneath the faces."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from antiphon import Resource, Settings, Transaction, field
from antiphon.live import Batch
from antiphon.observations import Observation, Observers
from antiphon.operations import Service
from antiphon.queries import Query, parse_query
from antiphon.resources import declare
from antiphon.store import open_store


class Band(Resource):
    name: str = field(folded=True, unique=True)
    founded: int | None = field(default=None, index=True)
    tags: list[str] = field(default_factory=list)


class Venue(Resource):
    name: str


DECLARATIONS = (declare(Band), declare(Venue))


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[tuple[Service, list[Observation]]]:
    """A started service on `folder`, and what it observes."""
    chosen = Settings(**settings)
    observers = Observers()
    observed: list[Observation] = []
    observers.add(observed.append)
    store = open_store(folder, "bands", DECLARATIONS, chosen, observers)
    service = Service("bands", DECLARATIONS, store, chosen, observers)
    await service.start()
    try:
        yield service, observed
    finally:
        await service.stop()


def bands(text: str = "", limit: int | None = None) -> Query[Any]:
    """The query over bands that a URL writes."""
    return parse_query(declare(Band), text.encode(), default_limit=limit, max_limit=1000, max_terms=100)


async def form(service: Service, *names: str) -> int:
    """Create bands in one transaction; returns the number of the position after it."""

    def command(tx: Transaction) -> None:
        for name in names:
            tx.create(Band(name=name))

    return (await service.write(command))[1].number


async def take(batches: AsyncIterator[Batch], until: int) -> list[tuple[str, int | None]]:
    """Kinds and numbers of the events of `batches`, up to the position `until`."""
    found: list[tuple[str, int | None]] = []
    async with asyncio.timeout(10):
        while not found or (found[-1][1] or 0) < until:
            batch = await anext(batches)
            found += [(event.kind, event.number) for event in batch.events]
    return found
