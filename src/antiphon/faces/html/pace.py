"""Pace: open pages are made anew at the expense of each other, and of nothing else."""

import asyncio
import time
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
    them another, reaches the last of them later for that.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn; what is done within is what it takes."""
        await self._places.acquire()
        began = time.thread_time()
        try:
            yield
        finally:
            rest = min(REST * (time.thread_time() - began), LONGEST)
            asyncio.get_running_loop().call_later(rest, self._places.release)
