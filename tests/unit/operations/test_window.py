import asyncio
import random
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
from tests.unit.operations.running import Band, bands, running

from antiphon import Transaction
from antiphon.live import Batch
from antiphon.operations import Service
from antiphon.operations.read import page


async def first_of(service: Service, text: str) -> dict[str, Any]:
    """The answer to a query with `limit`, by id."""
    found = await service.reader.run(lambda snapshot: page(bands(text), snapshot))
    records = [msgspec.json.decode(each) for each in found.records]
    return {record["id"]: record for record in records}


def fold(batch: Batch, held: dict[str, Any]) -> None:
    for event in batch.events:
        record = msgspec.json.decode(event.body)
        assert (record["id"] in held) == (event.kind != "added")
        if event.kind == "removed":
            del held[record["id"]]
        else:
            held[record["id"]] = record


def test_a_window_is_what_a_page_would_be_however_much_leaves_it(tmp_path: Path) -> None:
    """More leaves than is kept in reserve, so that it is computed anew, again and again."""

    def shuffle(tx: Transaction, pick: random.Random, ids: list[str]) -> None:
        for _ in range(pick.randrange(1, 4)):
            id = pick.choice(ids)
            band = tx.get(Band, id) if tx.find(Band, id=id) else None
            if band is None:
                tx.create(Band(id=id, name=id, founded=pick.randrange(50)))
            elif pick.random() < 0.7:
                tx.delete(band)
            else:
                tx.update(band, founded=pick.choice((None, pick.randrange(50))))

    async def check(text: str) -> None:
        pick = random.Random(text)
        ids = [f"band-{number}" for number in range(200)]
        async with running(tmp_path / text.replace("/", ""), heartbeat_seconds=30) as (service, _):
            for number in range(0, 200, 2):
                await service.write(
                    lambda tx: tx.create(Band(id=ids[number], name=ids[number], founded=number // 4))  # noqa: B023
                )
            held = await first_of(service, text)
            start = service.live.number
            async with aclosing(service.follow_query(bands(text), start)) as batches:  # type: ignore[type-var]
                at = start
                for _ in range(150):
                    _, position = await service.write(lambda tx: shuffle(tx, pick, ids))
                    expected = await first_of(service, text)
                    if expected == held and at < position.number:
                        continue
                    async with asyncio.timeout(10):
                        while held != expected:
                            fold(await anext(batches), held)
                    at = position.number
            assert at > start

    for text in (
        "order=-founded,name&limit=3",
        "order=name&limit=1&founded[gte]=10",
        "order=founded&limit=100",
    ):
        asyncio.run(check(text))


def test_a_window_whose_reserve_is_used_up_is_computed_anew(tmp_path: Path) -> None:
    async def check(end: str) -> None:
        async with running(tmp_path / end, heartbeat_seconds=30) as (service, _):
            for number in range(250):
                await service.write(lambda tx: tx.create(Band(id=f"b{number:03}", name=f"{number}")))  # noqa: B023
            text = f"order={end}id&limit=3"
            held = await first_of(service, text)
            async with aclosing(service.follow_query(bands(text), 250)) as batches:  # type: ignore[type-var]
                for gone in range(240):
                    number = gone if end == "" else 249 - gone
                    await service.write(lambda tx: tx.delete(tx.get(Band, f"b{number:03}")))  # noqa: B023
                    if gone % 40 == 39:
                        expected = await first_of(service, text)
                        async with asyncio.timeout(10):
                            while held != expected:
                                fold(await anext(batches), held)

    for end in ("", "-"):
        asyncio.run(check(end))


def test_the_changes_of_one_step_end_with_its_position(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            for number in range(5):
                await service.write(lambda tx: tx.create(Band(name=f"b{number}", founded=number)))  # noqa: B023
            text = "order=-founded&limit=2&fields=founded"
            async with aclosing(service.follow_query(bands(text), 5)) as batches:  # type: ignore[type-var]
                waiting = asyncio.ensure_future(anext(batches))
                await asyncio.sleep(0.05)
                await service.write(lambda tx: tx.create(Band(name="new", founded=9)))
                batch = await waiting
                assert [(event.kind, event.number) for event in batch.events] == [
                    ("removed", None),
                    ("added", 6),
                ]
                shown = msgspec.json.decode(batch.events[1].body)
                assert shown.keys() == {"id", "revision", "founded"}

    asyncio.run(check())
