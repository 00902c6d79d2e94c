"""Channels: a view, and all who are told of what it sees."""

from collections.abc import Sequence
from typing import Any

from antiphon.live.events import Batch
from antiphon.live.view import View
from antiphon.log import Change


class Follower:
    """One who is told. There may be very many, and each may be all that is kept of a client.

    `channel` is the one it follows, None before it has joined and after it has left; `told` the number up to
    which it was told; `member` for whom it follows, if what that one may see may become another.
    """

    __slots__ = ("channel", "member", "told")

    def __init__(self, member: str | None = None) -> None:
        self.channel: Channel | None = None
        self.member = member
        self.told = 0

    def take(self, batch: Batch) -> bool:
        """Take what it is told next, on the event loop, without waiting; whether it keeps up."""
        raise NotImplementedError

    def end(self, reason: str, number: int) -> str:
        """No more will come: it has left. Returns why: `reason`, or what made it end before.

        The reason is "closed", "cut", "drained" or "turned": by the change at `number`, which it was not
        told, what its member may see becomes another.
        """
        raise NotImplementedError


class Channel:
    """A view and all who are told of what it sees.

    `places` are where the index has it; `due` is what it is to tell, None if that is nothing.
    """

    __slots__ = ("due", "followers", "places", "view")

    def __init__(self, view: View) -> None:
        self.view = view
        self.followers: dict[Follower, None] = {}  # in order: those who came together lie together in memory
        self.places: tuple[tuple[str, str, Any], ...] = ()
        self.due: Due | None = None


class Due:
    """What a channel is to tell, and how far it has come with it.

    Who follows when a round begins is told in it, all that there is by its turn and that it was not told
    before. What comes behind its turn it is told in the next round: so each is told everything once, in
    order and in few pieces, however a round is cut into slices.

    No batch has in it both what one was told and what it was not: a batch is made of all that there is before
    anyone is told of it, and before anyone joins.

    `since` is the time at which what is told now became due, or the round began.
    """

    __slots__ = (
        "_batches",
        "_bookmark",
        "_channel",
        "_finished",
        "_place",
        "_quiet",
        "_round",
        "changes",
        "since",
    )

    def __init__(self, channel: Channel, since: float) -> None:
        self.changes: list[Sequence[Change[Any]]] = []
        self.since = since
        self._channel = channel
        self._batches: list[Batch] = []
        self._quiet = False
        self._bookmark: Batch | None = None
        self._round: list[Follower] = []
        self._place = 0
        self._finished = 0

    def bookmark(self) -> None:
        """Tell everyone the position at least."""
        self._quiet = True

    def see(self, number: int) -> None:
        """Make a batch of the changes that there are, up to `number`; raises what the view raises."""
        if not self.changes:
            return
        pieces, self.changes = self.changes, []
        view = self._channel.view
        changes = [change for piece in pieces for change in piece]
        if len(pieces) > 1 and len(view.concerns) > 1:  # each piece is of one resource
            changes.sort(key=_number)
        if events := [event for change in changes if (event := view.see(change)) is not None]:
            self._batches.append(Batch(events, number))

    def missing(self, told: int) -> Batch | None:
        """What one is to be told that was told up to a number."""
        later = [batch for batch in self._batches if batch.number > told]
        if len(later) < 2:
            return later[0] if later else self._bookmark
        return Batch([event for batch in later for event in batch.events], later[-1].number)

    def begin(self, number: int, since: float) -> bool:
        """Begin a round, if there is something to tell; what all were told by the one before is forgotten."""
        del self._batches[: self._finished]
        self._bookmark = Batch([], number) if self._quiet else None
        self._quiet = False
        self._finished = len(self._batches)
        self._round = list(self._channel.followers) if self._finished or self._bookmark else []
        self._place = 0
        self.since = since
        return bool(self._round)

    def turns(self, count: int) -> list[Follower]:
        """The next whose turn it is, at most so many; none when the round is over."""
        turns = self._round[self._place : self._place + count]
        self._place += len(turns)
        return turns


def _number(change: Change[Any]) -> int:
    return change.number
