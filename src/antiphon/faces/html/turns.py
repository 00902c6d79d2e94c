"""Turns: how often open pages are made anew, those of one URL together."""

import asyncio
from collections import Counter

PAUSE = 0.1
"""Seconds between two turns of one URL: about ten times a second is as good as at once."""
TOGETHER = 0.005
"""Seconds after a turn has begun in which others still join it: a change wakes them one after the other."""

NEVER = float("-inf")


class Turns:
    """When the pages of each URL are made anew. Those that a change wakes together share what is made."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._open: Counter[str] = Counter()
        self._whose: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._open.total()

    def of(self, who: str) -> int:
        """How many pages someone has open."""
        return self._whose[who]

    def enter(self, url: str, who: str) -> None:
        """Someone has one more page of this URL open."""
        self._open[url] += 1
        self._whose[who] += 1

    def leave(self, url: str, who: str) -> None:
        """One less."""
        for counted, key in ((self._open, url), (self._whose, who)):
            counted[key] -= 1
            if not counted[key]:
                del counted[key]
        if url not in self._open:
            self._last.pop(url, None)

    async def wait(self, url: str, taken: float) -> float:
        """Wait for the next turn of a URL: at once, if the last one is some time ago. Returns when it is; it
        is none that was `taken` before."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        turn = self._last.get(url, NEVER)
        if turn <= taken or now > turn + TOGETHER:
            turn = max(now, turn + PAUSE)
            self._last[url] = turn
        if turn > now:
            await asyncio.sleep(turn - now)
        return turn
