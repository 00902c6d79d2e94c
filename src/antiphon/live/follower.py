"""Followers: those who are told."""

import asyncio
from collections.abc import Callable

from antiphon.live.channel import View
from antiphon.live.events import Batch


class Follower:
    """One who is told. `deliver` is called on the event loop, in order, and must not wait.

    It returns whether the follower keeps up; one that does not is cut.
    `ended` is done when no more will come: its result is "closed", "cut" or "drained", or "turned": by the
    change at the position `turned`, which it is not told, what `member` may see becomes another.
    """

    __slots__ = ("deliver", "ended", "key", "member", "resource", "turned")

    def __init__(
        self,
        view: View,
        deliver: Callable[[Batch], bool],
        ended: "asyncio.Future[str] | None" = None,
        member: str | None = None,
    ) -> None:
        self.key = view.key
        self.resource = view.resource
        self.deliver = deliver
        self.ended: asyncio.Future[str] = ended or asyncio.get_running_loop().create_future()
        self.member = member
        self.turned = 0

    def end(self, reason: str) -> None:
        """Stop it; harmless if it has ended."""
        if not self.ended.done():
            self.ended.set_result(reason)
