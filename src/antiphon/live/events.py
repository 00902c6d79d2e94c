"""What followers are told."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

EventKind = Literal["present", "live", "added", "changed", "removed"]


class Event(Struct, frozen=True):
    """One thing that a follower is told.

    `body` is JSON: the record, cut to the query's fields; for "removed" its id and revision alone. `number`
    is the position's; None where following from here would skip something (within a list or a group).
    """

    kind: str
    body: bytes
    number: int | None = None


class Batch:
    """Events that go out together, in order; `number` is the position they lead to.

    One batch is shared by all followers of a channel, and encoded once a format. `turned`: by the
    change at `number`, which was not told, what its follower may see becomes another.
    """

    __slots__ = ("_encoded", "events", "number", "turned")

    def __init__(self, events: list[Event], number: int, *, turned: bool = False) -> None:
        self.events = events
        self.number = number
        self.turned = turned
        self._encoded: dict[Callable[[Batch], bytes], bytes] = {}

    def encoded(self, encoder: Callable[["Batch"], bytes]) -> bytes:
        """The batch as `encoder` writes it; made once."""
        found = self._encoded.get(encoder)
        if found is None:
            found = self._encoded[encoder] = encoder(self)
        return found
