import asyncio
from pathlib import Path
from typing import Any

import apsw
from tests.unit.operations.running import bands, form, running

from antiphon.live import Batch, Called, Live, QueryView
from antiphon.log import Change
from antiphon.observations import Failed, Observation, Observers
from antiphon.operations import Service


class Listener:
    """A live part of its own on a service's log, and a follower of it who notes what it is told."""

    def __init__(self, service: Service, failures: int = 0) -> None:
        self.numbers: list[int | None] = []
        self.observed: list[Observation] = []
        self._service = service
        self._failures = failures
        observers = Observers()
        observers.add(self.observed.append)
        self.live = Live(0, self._pull, observers)
        self.follower = Called(self._deliver)
        self.live.join(QueryView(bands()), self.follower)

    async def _pull(self, after: int, limit: int) -> list[Change[Any]]:
        if self._failures:
            self._failures -= 1
            raise apsw.IOError("the disk is not there for a moment")
        return (await self._service.changes(max(after, self.oldest - 1), limit))[0]

    oldest = 1

    def _deliver(self, batch: Batch) -> bool:
        self.numbers += [event.number for event in batch.events]
        return True


def test_a_log_that_grew_is_read_slice_by_slice(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, *(f"band {number}" for number in range(1200)))
            listener = Listener(service)
            listener.live.publish(None, 700)
            listener.live.publish(None, 1200)  # while it reads
            assert await listener.live.reached(1200, 5)
            assert listener.numbers == list(range(1, 1201))
            assert listener.live.since(1195) is not None
            assert listener.live.since(0) is None
            assert not await listener.live.reached(1201, 0.01)

    asyncio.run(check())


def test_a_log_that_cannot_be_read_for_a_moment_is_read_later(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, "one", "two")
            listener = Listener(service, failures=2)
            listener.live.publish(None, 2)
            assert await listener.live.reached(2, 5)
            assert listener.numbers == [1, 2]
            assert sum(isinstance(each, Failed) for each in listener.observed) == 2

    asyncio.run(check())


def test_changes_that_retention_took_first_cut_those_who_would_miss_them(tmp_path: Path) -> None:
    async def check(keep: int) -> None:
        folder = tmp_path / str(keep)
        async with running(folder) as (service, _):
            await form(service, *(f"band {number}" for number in range(10)))
            await service.live.reached(10, 5)
            connection = apsw.Connection(str(folder / "bands.db"))
            connection.execute("DELETE FROM antiphon_log WHERE position <= ?", (10 - keep,))
            connection.close()
            listener = Listener(service)
            listener.oldest = 11 - keep
            listener.live.publish(None, 10)
            async with asyncio.timeout(5):
                assert await listener.follower.ended == "cut"
            assert await listener.live.reached(10, 5) or keep == 0
            assert listener.numbers == []
            assert len(listener.live.since(10 - keep) or ()) == keep
            listener.live.leave(listener.follower)
            listener.live.leave(listener.follower)  # harmless

    for keep in (3, 0):
        asyncio.run(check(keep))


def test_what_is_published_out_of_turn_is_read_from_the_log(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, "one", "two", "three")
            changes, _ = await service.changes(0, 10)
            listener = Listener(service)
            listener.live.publish(changes[1:], 3)  # another process wrote the first
            assert await listener.live.reached(3, 5)
            assert listener.numbers == [1, 2, 3]
            listener.live.publish(changes, 3)  # nothing new
            await asyncio.sleep(0.01)
            assert listener.numbers == [1, 2, 3]

    asyncio.run(check())


def test_a_close_ends_all_even_while_it_reads(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, "one")
            listener = Listener(service, failures=1000)
            listener.live.publish(None, 1)
            await asyncio.sleep(0.01)
            listener.live.close()
            assert await listener.follower.ended == "drained"
            late = Called(lambda batch: True)
            listener.live.join(QueryView(bands()), late)
            assert late.ended.done()
            listener.live.bookmark()
            assert listener.numbers == []

    asyncio.run(check())
