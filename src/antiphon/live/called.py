"""Followers that are told by calling a function."""

import asyncio
from collections.abc import Callable

from antiphon.live.channel import Follower
from antiphon.live.events import Batch


class Called(Follower):
    """A follower that hands what it is told to `deliver`, which returns whether it keeps up.

    `ended` is done when no more will come: its result is the reason. Who completes it ends the follower.
    `turned` is the number of the change that turned it, if one did.
    """

    __slots__ = ("_deliver", "ended", "turned")

    def __init__(
        self,
        deliver: Callable[[Batch], bool],
        ended: "asyncio.Future[str] | None" = None,
        member: str | None = None,
    ) -> None:
        super().__init__(member)
        self._deliver = deliver
        self.ended: asyncio.Future[str] = ended or asyncio.get_running_loop().create_future()
        self.turned = 0

    def take(self, batch: Batch) -> bool:
        return self.ended.done() or self._deliver(batch)

    def end(self, reason: str, number: int) -> str:
        if not self.ended.done():
            self.turned = number if reason == "turned" else 0
            self.ended.set_result(reason)
        return self.ended.result()
