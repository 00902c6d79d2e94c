"""A reaction is told the same of another service, whether that runs in its process or elsewhere."""

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

from tests.acceptance import private
from tests.acceptance.past import Past, made

from antiphon import Caller, Settings, Transaction
from antiphon.faces.events import LogView
from antiphon.log import Position, Row
from antiphon.observations import Observers
from antiphon.operations import Context, Service
from antiphon.operations.react.faraway import row_of
from antiphon.operations.react.sources import Nearby
from antiphon.store import open_store

STEPS = 120
WHO = Caller("service", frozenset({"service"}))
OLGA = Context(Caller("olga"), "social/abc-7", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


def test_what_is_nearby_and_what_is_far_away_are_told_alike(tmp_path: Path) -> None:
    async def check() -> None:
        observers = Observers()
        declarations = private.app.declarations
        store = open_store(tmp_path, "private", declarations, Settings(), observers)
        service = Service("private", declarations, store, Settings(), observers)
        await service.start()
        try:
            past = Past(tmp_path, seed=3)

            def by_olga(tx: Transaction) -> None:
                for resource in private.RESOURCES:
                    tx.create(made(resource, past.chosen))

            await asyncio.to_thread(past.go_on, STEPS)
            await service.write(by_olga, OLGA)
            head = STEPS + len(private.RESOURCES)
            far: dict[str, list[Row]] = {each.path: [] for each in declarations}
            found, _ = await service.log_since(lambda seen: LogView(service, {}, seen), 0, WHO, 1000)
            for event in found:
                row = row_of(json.loads(event.body))
                far[row[2]].append(row)
            assert any(rows and rows[-1][7] == "olga" for rows in far.values())
            for path, expected in far.items():
                assert await nearby(service, path, WHO, head) == expected
                whole = await nearby(service, path, None, head)
                assert len(whole) >= len(expected)
            assert not far["/diaries"]
            assert not far["/vaults"]
            assert far["/letters"]
            assert not any(b'"author"' in (row[6] or b"") for row in far["/letters"])
        finally:
            await service.stop()

    asyncio.run(check())


async def nearby(service: Service, path: str, who: Caller | None, head: int) -> list[Row]:
    """What a source in the same process tells of a resource, from the beginning to `head`."""
    found: list[Row] = []
    source = Nearby(lambda: service, who)
    start = Position(service.incarnation, 0)
    async with aclosing(source.follow(path, start)) as pieces:
        async for piece in pieces:
            found += piece.rows
            if piece.position.number >= head:
                break
    return found
