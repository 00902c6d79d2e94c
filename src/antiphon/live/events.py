"""What followers are told."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

EventKind = Literal["present", "live", "added", "changed", "removed"]


class Form(Protocol):
    """How batches are written. One object stands for one form: by it, what was written is found again."""

    def write(self, batch: "Batch") -> bytes:
        """The events of a batch; without any, its position."""


class Frames(Protocol):
    """How events are written, each alone."""

    def event(self, event: "Event") -> bytes:
        """One event, to stand before and behind others."""


class Event(Struct, frozen=True, gc=False):
    """One thing that a follower is told.

    `body` is JSON: the record, cut to the query's fields; for "removed" its id and revision alone. `number`
    is the position's; None where following from here would skip something (within a list or a group).
    One event is shared by all who are told the same, whatever they follow.
    """

    kind: str
    body: bytes
    number: int | None = None
    _written: dict[Frames, bytes] = {}

    def written(self, frames: Frames) -> bytes:
        """The event as a frame; made once."""
        found = self._written.get(frames)
        if found is None:
            found = self._written[frames] = frames.event(self)
        return found


class Batch:
    """Events that go out together, in order; `number` is the position they lead to.

    One batch is shared by all who are told it. `turned`: by the change at `number`, which was not told, what
    its follower may see becomes another.
    """

    __slots__ = ("_form", "_written", "events", "number", "turned")

    def __init__(self, events: Sequence[Event], number: int, *, turned: bool = False) -> None:
        self.events = events
        self.number = number
        self.turned = turned
        self._form: Form | None = None
        self._written = b""

    def written(self, form: Form) -> bytes:
        """The batch in a form; written once, as long as one form is asked for."""
        if self._form is not form:
            self._written = form.write(self)
            self._form = form
        return self._written
