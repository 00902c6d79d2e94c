"""Pace: open pages are made anew at the expense of each other, and of nothing else."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

SHARE = 3.0
"""So many times what a page takes passes until the next is made: they have a third of the time."""
LONGEST = 0.25
"""Seconds that one page is taken to take, at the most: one that waits for something takes nothing."""


class Pace:
    """When the next page is made anew for an open one, by what those before took of the event loop's time.

    Who asks for a page does not wait, and comes in between. A change that concerns many open pages, each of
    them another, reaches the last of them later for that.
    """

    def __init__(self) -> None:
        self._next = 0.0
        self._usual = 0.001

    async def wait(self) -> None:
        """Wait for one's turn."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        mine = max(now, self._next)
        self._next = mine + SHARE * self._usual
        if mine > now:
            await asyncio.sleep(mine - now)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure what is done within, without waiting for anything."""
        began = time.perf_counter()
        try:
            yield
        finally:
            took = min(time.perf_counter() - began, LONGEST)
            self._usual += (took - self._usual) / 8
