"""Pace: open pages are made anew at the expense of each other, and of nothing else."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE = 2
"""Pages that are made anew at once: one may wait for something."""
REST = 4.0
"""So many times what a page took passes until another is made in its stead: theirs are two fifths."""
LONGEST = 0.5
"""Seconds of rest at the most."""


class Pace:
    """When the next page is made anew for an open one, by what those before took of the event loop's time.

    Who asks for a page does not wait, and comes in between. A change that concerns many open pages, each of
    them another, reaches the last of them later for that; those who have pages open take turns, so that one
    who has very many is late for itself alone.
    """

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Wait for one's turn; what is done within is what it takes."""
        await self._take(who)
        began = time.thread_time()
        try:
            yield
        finally:
            rest = min(REST * (time.thread_time() - began), LONGEST)
            asyncio.get_running_loop().call_later(rest, self._give)

    async def _take(self, who: str) -> None:
        if self._free:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was given in the same moment
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            who, queue = self._waiting.popitem(last=False)
            mine = queue.popleft()
            if queue:
                self._waiting[who] = queue  # behind all others
            if not mine.done():  # who is gone has cancelled it
                mine.set_result(None)
                return
        self._free += 1
