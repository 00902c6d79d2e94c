"""The live part: hands each change, as it is committed, to those who follow."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from antiphon.live.channel import Channel, Follower
from antiphon.live.channels import Channels
from antiphon.live.telling import Telling
from antiphon.live.view import View
from antiphon.log import Change
from antiphon.observations import Failed, FollowerJoined, FollowerLeft, Observers

RECENT = 1024
"""Changes kept in memory, so that one who was away for a moment is caught up without a read."""
SLICE = 500
"""Changes handed out in one go; more are read from the log, slice by slice, with room for others between."""
PAUSE = 0.2
"""Seconds until a read of the log that failed is tried again."""


Watcher = Callable[[Sequence[Change[Any]] | None], None]
"""Called at once, before anyone is told, with changes that may concern a view; None: with unknown ones."""


class Turning(Protocol):
    """What makes some see another part of the log from one change on."""

    def concerned(self, change: Change[Any]) -> set[str]:
        """Who does."""


class Live:
    """Followers by what they follow, and the newest changes. All of it runs on one event loop.

    A change is handed out at once: `number` is its number then, watchers and listeners have been called, and
    what it means to whom is due. Followers are told from the next turn of the loop on: see `Telling`.

    `pull(after, limit)` reads the log: what other processes wrote, and what was too much to hand over.
    """

    def __init__(
        self,
        number: int,
        pull: Callable[[int, int], Awaitable[list[Change[Any]]]],
        observers: Observers,
        turning: Turning | None = None,
    ) -> None:
        self.turning = turning
        self.number = number
        self.closed = False
        self.followers = 0
        self._head = number
        self._pull = pull
        self._observers = observers
        self._recent: deque[Change[Any]] = deque(maxlen=RECENT)
        self._channels = Channels()
        self._watched = Channels()
        self._watchers: dict[Channel, dict[Watcher, None]] = {}
        self._telling = Telling(number, observers, self._end)
        self._members: dict[str, set[Follower]] = {}
        self.closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listeners: list[Callable[[list[Change[Any]] | None], None]] = []
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._pump: asyncio.Task[None] | None = None

    def publish(self, changes: list[Change[Any]] | None, head: int) -> None:
        """Take note that the log reaches to `head`, by `changes` if they are given and follow on."""
        self._head = max(self._head, head)
        if self._pump is None and self.number < self._head:
            if changes and len(changes) <= SLICE and changes[0].number == self.number + 1:
                self._hand_out(changes)
            if self.number < self._head:
                self._pump = asyncio.get_running_loop().create_task(self._catch_up())

    def since(self, number: int) -> list[Change[Any]] | None:
        """The changes after `number`, if they are all in memory."""
        missing = self.number - number
        if missing <= 0:
            return []
        if missing > len(self._recent):
            return None
        return [self._recent[place] for place in range(-missing, 0)]

    def join(self, view: View, follower: Follower) -> None:
        """Tell of every change after `self.number`."""
        if self.closed:
            follower.end("drained", 0)
            return
        if follower.member is not None:
            self._members.setdefault(follower.member, set()).add(follower)
        channel = self._channels.add(view)
        self._telling.see(channel)  # before it is one of those who are told
        channel.followers[follower] = None
        follower.channel = channel
        follower.told = self.number
        self.followers += 1
        self._observers(FollowerJoined(self.followers))

    def leave(self, follower: Follower, reason: str = "closed") -> None:
        """Tell no more; harmless for one that has left."""
        self._end(follower, reason)

    def watch(self, view: View, watcher: Watcher) -> Channel:
        """Call `watcher` with each change that may concern `view`, before any follower is told of it, and in
        the same step in which `number` becomes its number. Which do, `view.see` tells.
        """
        channel = self._watched.add(view)
        self._watchers.setdefault(channel, {})[watcher] = None
        return channel

    def unwatch(self, channel: Channel, watcher: Watcher) -> None:
        """Call `watcher` no more for what `watch` gave."""
        watchers = self._watchers[channel]
        del watchers[watcher]
        if not watchers:
            del self._watchers[channel]
            self._watched.remove(channel)

    def listen(self, listener: Callable[[list[Change[Any]] | None], None]) -> None:
        """Tell `listener` of all changes from now on, before any follower; None: of some, it is too late."""
        self._listeners.append(listener)

    async def reached(self, number: int, seconds: float) -> bool:
        """Whether `number` has been handed out, after waiting up to `seconds` for it."""
        if number <= self.number:
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((number, future))
        try:
            async with asyncio.timeout(seconds):  # wait_for of Python 3.11 may lose a cancellation
                await future
        except TimeoutError:
            return False
        finally:
            self._waiting = [each for each in self._waiting if each[1] is not future]
        return True

    def bookmark(self) -> None:
        """Move everyone's position on, and keep quiet connections alive."""
        self._telling.bookmark(self._channels)

    def close(self) -> None:
        """Tell all followers to come back later, and take no more."""
        self.closed = True
        if not self.closing.done():
            self.closing.set_result(None)
        if self._pump is not None:
            self._pump.cancel()
        self._telling.finish()
        self._end_all("drained")

    async def _catch_up(self) -> None:
        while self.number < self._head:
            try:
                changes = await self._pull(self.number, SLICE)
            except Exception as error:
                self._observers(Failed("", error))
                await asyncio.sleep(PAUSE)
                continue
            if not changes:  # retention was quicker than we: those who follow must read again
                self._skip(self._head)
            elif changes[0].number != self.number + 1:
                self._skip(changes[0].number - 1)
            self._hand_out(changes)
            await asyncio.sleep(0)
            await self._telling.caught_up()
        self._pump = None

    def _skip(self, number: int) -> None:
        self._recent.clear()
        self._telling.forget()
        self.number = self._telling.number = number
        for listener in self._listeners:
            listener(None)
        for watchers in list(self._watchers.values()):
            for watcher in list(watchers):
                watcher(None)
        self._end_all("cut")

    def _hand_out(self, changes: list[Change[Any]]) -> None:
        start = 0
        if self.turning is not None and self._members:
            for place, change in enumerate(changes):
                if turned := self._turned(change):
                    self._note(changes[start:place])
                    start = place
                    for follower in turned:
                        self._telling.tell(follower)
                        self._end(follower, "turned", change.number)
        self._note(changes[start:])

    def _turned(self, change: Change[Any]) -> list[Follower]:
        """Those who are to be told of this change by what it makes them see."""
        assert self.turning is not None
        members = self.turning.concerned(change)
        return [follower for member in members for follower in self._members.get(member, ())]

    def _note(self, changes: list[Change[Any]]) -> None:
        if not changes:
            return
        self._recent.extend(changes)
        self.number = changes[-1].number
        for listener in self._listeners:
            listener(changes)
        for channel, concerning in self._watched.concerned(changes):
            for watcher in list(self._watchers.get(channel, ())):
                watcher(concerning)
        self._telling.note(self._channels.concerned(changes), self.number)
        for wanted, future in self._waiting:
            if wanted <= self.number and not future.done():
                future.set_result(None)

    def _end(self, follower: Follower, reason: str, number: int = 0) -> None:
        channel = follower.channel
        if channel is None:
            return
        follower.channel = None
        del channel.followers[follower]
        if not channel.followers:
            self._channels.remove(channel)
        if follower.member is not None:
            fellows = self._members[follower.member]
            fellows.discard(follower)
            if not fellows:
                del self._members[follower.member]
        self.followers -= 1
        self._observers(FollowerLeft(self.followers, follower.end(reason, number)))

    def _end_all(self, reason: str) -> None:
        for channel in list(self._channels):
            for follower in list(channel.followers):
                self._end(follower, reason)
