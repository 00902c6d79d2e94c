"""Telling followers what is due, in slices: so that nothing else waits long."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from antiphon.live.channel import Channel, Due, Follower
from antiphon.live.channels import Concerned
from antiphon.observations import Failed, Observers

SLICE_SECONDS = 0.0005
"""What is told in one go, some hundred followers; 5,000 take forty times that. All else comes between."""
BEHIND_SECONDS = 0.25
"""So long behind, a slice takes twice as long; and with the square of that: writers too quick are held up."""
NEAR_SECONDS = 0.05
"""So long behind, no more is read from the log."""
STRIDE = 16
"""Followers that are told between two looks at the clock."""
MANY = 100
"""Channels that are found between two looks at the clock."""

End = Callable[[Follower, str], None]


class Telling:
    """What is due on channels, and the callback of the event loop that tells the next slice of it.

    `number` is that of the newest change handed out; `end` ends a follower: "cut", if it does not keep up.
    """

    def __init__(self, number: int, observers: Observers, end: End) -> None:
        self.number = number
        self._observers = observers
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._noted: deque[Iterator[Concerned]] = deque()
        self._queue: deque[Channel] = deque()
        self._quiet: list[Channel] = []
        self._called = False
        self._sliced: asyncio.Future[None] | None = None
        self._clock = time.perf_counter

    @property
    def _behind(self) -> float:
        """For how many seconds what is told next has been due."""
        due = self._queue[0].due if self._queue else None
        return 0.0 if due is None else self._clock() - due.since

    def note(self, concerned: Iterator[Concerned], number: int) -> None:
        """Take note of changes up to `number`, and of the channels that they concern."""
        self.number = number
        self._noted.append(concerned)
        self._call()

    def bookmark(self, channels: Iterable[Channel]) -> None:
        """Tell all followers of channels the position at least, a few channels at a time."""
        self._quiet = list(channels)
        self._call()

    def see(self, channel: Channel) -> None:
        """See what there is to tell on a channel by now; a view that fails ends its followers alone."""
        self._sort(float("inf"))
        if channel.due is None:
            return
        try:
            channel.due.see(self.number)
        except Exception as error:  # it must not hold up the others, or the writers
            self._observers(Failed("", error))
            for follower in list(channel.followers):
                self._end(follower, "cut")

    def tell(self, follower: Follower) -> None:
        """Tell one follower all that there is for it by now, out of turn."""
        channel = follower.channel
        if channel is None:
            return
        self.see(channel)
        if channel.due is not None:
            self._turn(channel, (follower,), channel.due)

    def finish(self) -> None:
        """Tell all that is due, however long it takes."""
        self._slice(float("inf"))

    async def caught_up(self) -> None:
        """Wait until what is due is not much."""
        while self._behind > NEAR_SECONDS:
            if self._sliced is None:
                self._sliced = self._loop.create_future()
            await self._sliced

    def forget(self) -> None:
        """Drop what is due."""
        for channel in self._queue:
            channel.due = None
        self._queue.clear()
        self._noted.clear()
        self._quiet.clear()

    def _call(self) -> None:
        if not self._called:
            self._called = True
            self._loop.call_soon(self._next_slice)

    def _next_slice(self) -> None:
        self._called = False
        self._slice(self._clock() + SLICE_SECONDS * (1 + (self._behind / BEHIND_SECONDS) ** 2))
        if self._noted or self._queue or self._quiet:
            self._call()
        if self._sliced is not None:
            self._sliced.set_result(None)
            self._sliced = None

    def _slice(self, until: float) -> None:
        queue = self._queue
        if not self._sort(until):
            return
        self._wake()  # each time, or who is never told anything would wait for those who always are
        while queue:
            channel = queue[0]
            if self._tell(channel, until):
                queue.popleft()
                channel.due = None
            else:
                queue.rotate(-1)
            if not queue:
                self._wake()
            if self._clock() >= until:
                return

    def _wake(self) -> None:
        """Have some more channels tell a bookmark."""
        for channel in self._quiet[-STRIDE:]:
            self._due(channel).bookmark()
        del self._quiet[-STRIDE:]

    def _sort(self, until: float) -> bool:
        """Add what was noted to what is due on each channel, until then; whether that was all."""
        while self._noted:
            some = list(islice(self._noted[0], MANY))
            if len(some) < MANY:
                self._noted.popleft()
            for channel, changes in some:
                if channel.followers:
                    self._due(channel).changes.append(changes)
            if self._noted and self._clock() >= until:
                return False
        return True

    def _due(self, channel: Channel) -> Due:
        due = channel.due
        if due is None:
            due = channel.due = Due(channel, self._clock())
            self._queue.append(channel)
        return due

    def _tell(self, channel: Channel, until: float) -> bool:
        """Tell what is due on a channel until then; whether that was all."""
        due = channel.due
        assert due is not None
        self.see(channel)
        while True:
            turns = due.turns(STRIDE)
            if not turns:
                if not due.begin(self.number, self._clock()):
                    return True
                continue
            self._turn(channel, turns, due)
            if self._clock() >= until:
                return False

    def _turn(self, channel: Channel, turns: Iterable[Follower], due: Due) -> None:
        same, missing = -1, None
        for follower in turns:
            if follower.channel is not channel:  # it has left
                continue
            if (told := follower.told) != same:
                same, missing = told, due.missing(told)
            if missing is None:
                continue
            follower.told = missing.number
            try:
                keeps_up = follower.take(missing)
            except Exception as error:
                self._observers(Failed("", error))
                keeps_up = False
            if not keeps_up:
                self._end(follower, "cut")
