import asyncio
from pathlib import Path

import msgspec
import pytest
from tests.unit.operations.running import Band, bands, form, running

from antiphon.errors import Invalid, InvalidPosition, NotFound, PositionGone, PositionTooNew, Unavailable
from antiphon.live import QueryView
from antiphon.resources import declare


def test_a_page_its_cursor_and_its_position(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, "b", "a", "c")
            page = await service.read(bands("order=name", limit=2))
            assert [msgspec.json.decode(each)["name"] for each in page.records] == ["a", "b"]
            assert page.position.number == 3
            assert page.next is not None
            rest = await service.read(bands(f"order=name&after={page.next}", limit=2))
            assert [msgspec.json.decode(each)["name"] for each in rest.records] == ["c"]
            assert rest.next is None
            cut = await service.read(bands("fields=name", limit=1))
            assert msgspec.json.decode(cut.records[0]).keys() == {"id", "revision", "name"}

    asyncio.run(check())


def test_a_record_and_one_that_is_not_there(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            band, _ = await service.write(lambda tx: tx.create(Band(name="x")))
            stored, position = await service.record(declare(Band), band.id)
            assert msgspec.json.decode(stored)["name"] == "x"
            assert position.number == band.revision == 1
            with pytest.raises(NotFound, match="nobody"):
                await service.record(declare(Band), "nobody")

    asyncio.run(check())


def test_waiting_for_positions(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path, wait_seconds=0.2) as (service, _):
            await form(service, "x")
            own = f"{service.incarnation}-"
            assert await service.wait_for(None) is None
            assert await service.wait_for(f"{own}1") == 1
            with pytest.raises(PositionTooNew):
                await service.wait_for(f"{own}2")
            waiting = asyncio.ensure_future(service.read(bands(limit=10), at_least=f"{own}2"))
            await asyncio.sleep(0.05)
            await form(service, "y")
            assert len((await waiting).records) == 2
            with pytest.raises(InvalidPosition):
                await service.wait_for("x")
            with pytest.raises(PositionGone):
                await service.wait_for("other-1")
            assert await service.start_after("now") == 2
            assert await service.start_after(f"{own}0") == 0

    asyncio.run(check())


def test_long_answers_are_bounded_in_number_and_the_snapshots_let_go(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path, max_snapshots=2) as (service, _):
            head = await form(service, *(f"band {number}" for number in range(1200)))
            for _ in range(3):
                await service.reader.finish()  # the last ones may still be on their way out
                first, second = service.export(bands()), service.export(bands("limit=700"))
                at, records = await anext(first)
                await anext(second)
                assert (at.number, records) == (head, [])
                with pytest.raises(Unavailable, match="2 long answers"):
                    await anext(service.export(bands()))
                head = await form(service, f"late {at.number}")  # not in what is being given
                pieces = [records async for _, records in first]
                assert sum(map(len, pieces)) == at.number
                assert max(map(len, pieces)) <= 500
                assert sum([len(records) async for _, records in second]) == 700

    asyncio.run(check())


def test_a_long_answer_that_is_given_up_in_the_middle_lets_go(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path, max_snapshots=1) as (service, _):
            await form(service, *(f"band {number}" for number in range(3000)))

            async def export() -> None:
                async for _ in service.export(bands("order=-name")):
                    pass

            for delay in (0, 0.001, 0.002, 0.005, 0.01):
                task = asyncio.ensure_future(export())
                await asyncio.sleep(delay)
                task.cancel()
                await asyncio.wait([task])
                async with asyncio.timeout(5):
                    while True:
                        try:
                            await export()
                            break
                        except Unavailable:
                            await asyncio.sleep(0.01)

    asyncio.run(check())


def test_followers_are_bounded_in_number(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path, max_follows=1) as (service, _):
            batches = service.follow(QueryView(bands()), 0)
            waiting = asyncio.ensure_future(anext(batches, None))
            await asyncio.sleep(0.05)
            with pytest.raises(Unavailable, match="1 followers"):
                service.admit()
            waiting.cancel()
            await asyncio.wait([waiting])
            await batches.aclose()  # type: ignore[attr-defined]
            service.admit()

    asyncio.run(check())


def test_what_a_command_raises_is_raised_to_its_caller_alone(tmp_path: Path) -> None:
    def refuse(tx: object) -> None:
        raise Invalid("no", "yes")

    async def check() -> None:
        async with running(tmp_path) as (service, _):
            good = [form(service, f"band {number}") for number in range(20)]
            bad = [service.write(refuse) for _ in range(20)]
            results = await asyncio.gather(
                *(each for pair in zip(good, bad, strict=True) for each in pair), return_exceptions=True
            )
            assert sorted(each for each in results if isinstance(each, int)) == list(range(1, 21))
            assert sum(isinstance(each, Invalid) for each in results) == 20

    asyncio.run(check())
