"""Bells: each worker hears what the others tell, of each log the newest."""

import asyncio
import os

from antiphon.bus import Bells, pipes
from antiphon.bus.bells import MOST, RING


async def soon() -> None:
    for _ in range(5):
        await asyncio.sleep(0.001)


def test_all_others_hear_and_nobody_hears_itself() -> None:
    async def ring() -> None:
        workers = [Bells(ends) for ends in pipes(3)]
        heard: list[tuple[int, int, int]] = []

        def listen(place: int, log: int) -> None:
            workers[place].of(log).hear(lambda head: heard.append((place, log, head)))

        for place in range(3):
            for log in (0, 1):
                listen(place, log)
        workers[0].of(1).tell(7)
        await soon()
        assert sorted(heard) == [(1, 1, 7), (2, 1, 7)]
        workers[1].of(1).leave()
        workers[1].of(0).leave()
        workers[2].of(0).tell(3)
        await soon()
        assert heard[2:] == [(0, 0, 3)]

    asyncio.run(ring())


def test_many_rings_are_heard_as_one_and_the_same_is_told_once() -> None:
    async def ring() -> None:
        mine, theirs = map(Bells, pipes(2))
        heard: list[int] = []
        mine.of(0).hear(heard.append)
        bell = theirs.of(0)
        for head in (1, 2, 3, 3, 2):
            bell.tell(head)
        await soon()
        assert heard == [3]
        bell.tell(3)
        await soon()
        assert heard == [3]

    asyncio.run(ring())


def test_one_that_does_not_listen_holds_up_nobody() -> None:
    async def ring() -> None:
        ends = pipes(2)
        bell = Bells(ends[1]).of(0)
        for head in range(1, 20_000):
            bell.tell(head)
        heard: list[int] = []
        Bells(ends[0]).of(0).hear(heard.append)  # the next in its place hears what is left
        await soon()
        assert heard == sorted(heard)
        assert heard
        bell.tell(20_000)
        await soon()
        assert heard[-1] == 20_000

    asyncio.run(ring())


def test_a_ring_is_written_whole() -> None:
    assert MOST % RING.size == 0
    assert RING.size <= os.pathconf("/", "PC_PIPE_BUF")
