import asyncio
from contextlib import aclosing
from pathlib import Path

import apsw
import pytest
from tests.unit.operations.running import Venue, bands, form, running, take

from antiphon.errors import PositionGone, Unavailable
from antiphon.live import Batch, Called, QueryView
from antiphon.observations import FollowerJoined, FollowerLeft


def new_ends() -> tuple[list[str], "asyncio.Future[str]"]:
    """A future for the end of a stream, and where its reason is noted."""
    ends: list[str] = []
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended.add_done_callback(lambda done: ends.append(done.result()))
    return ends, ended


def test_changes_come_from_the_live_part_memory_and_the_log_alike(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, *(f"early {number}" for number in range(1500)))
            await service.write(lambda tx: tx.create(Venue(name="Elsewhere")))
            head = 1501
            for start in (0, 1000, 1490, 1501):  # in the log alone, and in memory
                await service.live.reached(head, 5)
                async with aclosing(service.follow(QueryView(bands()), start)) as batches:  # type: ignore[type-var]
                    waiting = asyncio.ensure_future(take(batches, head + 1))
                    await asyncio.sleep(0.05)
                    await form(service, f"late {start}")
                    numbers = [number for _, number in await waiting]
                head += 1
                assert numbers == [each for each in range(start + 1, head + 1) if each != 1501]

    asyncio.run(check())


def test_a_command_with_many_changes_is_told_whole(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            batches = service.follow(QueryView(bands()), 0)
            waiting = asyncio.ensure_future(take(batches, 5000))
            await asyncio.sleep(0.05)
            assert await form(service, *(f"band {number}" for number in range(5000))) == 5000
            assert await waiting == [("added", number) for number in range(1, 5001)]
            await batches.aclose()  # type: ignore[attr-defined]

    asyncio.run(check())


def test_what_another_process_writes_is_told(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            batches = service.follow(QueryView(bands()), 0)
            waiting = asyncio.ensure_future(take(batches, 3))
            await asyncio.sleep(0.05)
            async with running(tmp_path) as (other, _):
                await form(other, "first", "second")
            await form(service, "third")
            assert await waiting == [("added", 1), ("added", 2), ("added", 3)]
            await batches.aclose()  # type: ignore[attr-defined]

    asyncio.run(check())


def test_who_leaves_too_much_unread_is_cut_and_the_end_is_told(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path, follower_bytes=1000) as (service, observed):
            ends, ended = new_ends()
            batches = service.follow(QueryView(bands()), 0, None, ended)
            first = asyncio.ensure_future(anext(batches))
            await asyncio.sleep(0.05)
            await form(service, "taken")
            assert (await first).number == 1
            for number in range(100):
                await form(service, f"unread {number}")
            assert len([batch async for batch in batches]) < 100
            assert ends == ["cut"]
            assert any(isinstance(each, FollowerJoined) for each in observed)
            assert [each.reason for each in observed if isinstance(each, FollowerLeft)] == ["cut"]

    asyncio.run(check())


def test_one_who_is_handed_batches_is_cut_when_it_does_not_keep_up(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            ends, ended = new_ends()
            got: list[Batch] = []

            def deliver(batch: Batch) -> bool:
                got.append(batch)
                return len(got) < 3

            follower = Called(deliver, ended)
            assert await anext(service.follow(QueryView(bands()), 0, follower), None) is None
            assert service.live.followers == 1
            for number in range(5):
                await form(service, f"band {number}")
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert ends == ["cut"]
            assert service.live.followers == 0
            assert len(got) == 3

    asyncio.run(check())


def test_who_leaves_is_let_go(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, observed):
            batches = service.follow(QueryView(bands()), 0)
            waiting = asyncio.ensure_future(anext(batches, None))
            await asyncio.sleep(0.05)
            assert service.live.followers == 1
            waiting.cancel()
            await asyncio.wait([waiting])
            await batches.aclose()  # type: ignore[attr-defined]
            assert service.live.followers == 0
            follower = Called(lambda batch: True)
            assert await anext(service.follow(QueryView(bands()), 0, follower), None) is None
            assert service.live.followers == 1
            service.live.leave(follower)
            service.live.leave(follower)  # harmless
            assert service.live.followers == 0
            assert [each.reason for each in observed if isinstance(each, FollowerLeft)] == [
                "closed",
                "closed",
            ]

    asyncio.run(check())


def test_a_stop_ends_all_and_lets_none_in(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            ends, ended = new_ends()
            batches = service.follow(QueryView(bands()), 0, None, ended)
            waiting = asyncio.ensure_future(anext(batches, None))
            await asyncio.sleep(0.05)
            service.draining = True
            service.live.close()
            assert await waiting is None
            late, ended = new_ends()
            assert await anext(service.follow(QueryView(bands()), 0, None, ended), None) is None
            await asyncio.sleep(0)
            assert ends == late == ["drained"]
            with pytest.raises(Unavailable):
                service.admit()

    asyncio.run(check())


def test_a_position_before_what_is_kept_is_gone(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, *(f"band {number}" for number in range(2000)))
            await service.live.reached(2000, 5)
            connection = apsw.Connection(str(tmp_path / "bands.db"))
            connection.execute("DELETE FROM antiphon_log WHERE position < 1900")
            connection.close()
            for query in (bands(), bands("order=name&limit=3")):
                with pytest.raises(PositionGone, match="-5 is older"):
                    await anext(service.follow_query(query, 5))
            with pytest.raises(PositionGone):
                await service.changes(5, 10)
            assert len((await service.changes(1899, 1000))[0]) == 101

    asyncio.run(check())


def test_one_view_that_fails_harms_nobody_else(tmp_path: Path) -> None:
    class Broken(QueryView):
        def see(self, change: object) -> None:
            raise RuntimeError("a view that fails")

    async def check() -> None:
        async with running(tmp_path) as (service, _):
            view = Broken(bands())
            view.key = "broken"
            ends, ended = new_ends()
            broken = asyncio.ensure_future(anext(service.follow(view, 0, None, ended), None))
            good = service.follow(QueryView(bands()), 0)
            waiting = asyncio.ensure_future(anext(good))
            await asyncio.sleep(0.05)
            await form(service, "one")
            assert (await waiting).number == 1
            assert await broken is None
            assert ends == ["cut"]
            await good.aclose()  # type: ignore[attr-defined]

    asyncio.run(check())


def test_bookmarks_move_the_quiet_on(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path, heartbeat_seconds=0.05) as (service, _):
            batches = service.follow(QueryView(bands("founded=1")), 0)
            waiting = asyncio.ensure_future(anext(batches))
            await asyncio.sleep(0)
            await form(service, "another")
            found = await waiting
            while found.number < 1:
                found = await anext(batches)
            assert found.events == []
            await batches.aclose()  # type: ignore[attr-defined]

    asyncio.run(check())


def test_a_store_written_before_the_start_is_followed_from_its_beginning(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as (service, _):
            await form(service, "one", "two")
        async with running(tmp_path) as (service, _):
            assert service.live.number == 2
            assert service.live.since(0) is None
            assert await take(service.follow(QueryView(bands()), 0), 2) == [("added", 1), ("added", 2)]

    asyncio.run(check())
