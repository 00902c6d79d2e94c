"""The live part: hands each change, as it is committed, to those who follow."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from antiphon.live.channel import View, batch_of
from antiphon.live.channels import Channels
from antiphon.live.events import Batch
from antiphon.live.follower import Follower
from antiphon.log import Change
from antiphon.observations import Failed, FollowerJoined, FollowerLeft, Observers

RECENT = 1024
"""Changes kept in memory, so that one who was away for a moment is caught up without a read."""
SLICE = 500
"""Changes handed out in one go; more are read from the log, slice by slice, with room for others between."""
PAUSE = 0.2
"""Seconds until a read of the log that failed is tried again."""


class Turning(Protocol):
    """What makes some see another part of the log from one change on."""

    def concerned(self, change: Change[Any]) -> set[str]:
        """Who does."""


class Live:
    """Followers by what they follow, and the newest changes. All of it runs on one event loop.

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
        self._channels: dict[str | None, Channels] = {}
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

    def join(
        self,
        view: View,
        deliver: Callable[[Batch], bool],
        ended: "asyncio.Future[str] | None" = None,
        member: str | None = None,
    ) -> Follower:
        """Tell of every change after `self.number`; `ended` and `member`: see `Follower`."""
        follower = Follower(view, deliver, ended, member)
        if self.closed:
            follower.end("drained")
            return follower
        if member is not None:
            self._members.setdefault(member, set()).add(follower)
        channels = self._channels.setdefault(view.resource, Channels())
        channels.add(view).followers.add(follower)
        self.followers += 1
        self._observers(FollowerJoined(self.followers))
        return follower

    def leave(self, follower: Follower) -> None:
        """Tell no more."""
        channels = self._channels.get(follower.resource, Channels())
        channel = channels.get(follower.key)
        if channel is None or follower not in channel.followers:
            return
        channel.followers.discard(follower)
        if not channel.followers:
            channels.remove(channel)
        if follower.member is not None:
            fellows = self._members[follower.member]
            fellows.discard(follower)
            if not fellows:
                del self._members[follower.member]
        self.followers -= 1
        follower.end("closed")
        self._observers(FollowerLeft(self.followers, follower.ended.result()))

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
        quiet = Batch([], self.number)
        for follower in self._everyone():
            self._tell(follower, quiet)

    def close(self) -> None:
        """Tell all followers to come back later, and take no more."""
        self.closed = True
        if not self.closing.done():
            self.closing.set_result(None)
        if self._pump is not None:
            self._pump.cancel()
        for follower in self._everyone():
            follower.end("drained")

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
        self._pump = None

    def _skip(self, number: int) -> None:
        self._recent.clear()
        self.number = number
        for listener in self._listeners:
            listener(None)
        for follower in self._everyone():
            follower.end("cut")

    def _hand_out(self, changes: list[Change[Any]]) -> None:
        start = 0
        if self.turning is not None and self._members:
            for place, change in enumerate(changes):
                if turned := self._turned(change):
                    self._tell_all(changes[start:place])
                    start = place
                    for follower in turned:
                        follower.turned = change.number
                        follower.end("turned")
        self._tell_all(changes[start:])

    def _turned(self, change: Change[Any]) -> list[Follower]:
        """Those who are to be told of this change by what it makes them see."""
        assert self.turning is not None
        members = self.turning.concerned(change)
        found = (follower for member in members for follower in self._members.get(member, ()))
        return [follower for follower in found if not follower.ended.done()]

    def _tell_all(self, changes: list[Change[Any]]) -> None:
        if not changes:
            return
        self._recent.extend(changes)
        self.number = number = changes[-1].number
        for listener in self._listeners:
            listener(changes)
        by_resource: dict[str | None, list[Change[Any]]] = {}
        if self._channels:
            for change in changes:
                by_resource.setdefault(change.resource, []).append(change)
        for resource, channels in list(self._channels.items()):
            concerned = changes if resource is None else by_resource.get(resource)
            if not concerned:
                continue
            for channel in channels.concerned(concerned):
                try:
                    batch = batch_of(channel.view, concerned, number)
                except Exception as error:  # one view that fails must not hold up the others, or the writers
                    self._observers(Failed("", error))
                    for follower in channel.followers:
                        follower.end("cut")
                    continue
                if batch.events:
                    for follower in list(channel.followers):
                        self._tell(follower, batch)
        for wanted, future in self._waiting:
            if wanted <= number and not future.done():
                future.set_result(None)

    def _tell(self, follower: Follower, batch: Batch) -> None:
        if not follower.ended.done() and not follower.deliver(batch):
            follower.end("cut")

    def _everyone(self) -> list[Follower]:
        return [
            follower
            for channels in self._channels.values()
            for channel in channels
            for follower in channel.followers
        ]
