"""Places in a log."""

import re
from typing import NamedTuple

from antiphon.errors import InvalidPosition, PositionGone

FORM = re.compile(r"([a-z0-9]{4,32})-(0|[1-9][0-9]{0,17})")


class Position(NamedTuple):
    """A place in one service's log: `<incarnation>-<number>`. Number 0 is before the first change."""

    incarnation: str
    number: int

    def __str__(self) -> str:
        return f"{self.incarnation}-{self.number}"


def parse_position(text: str) -> Position:
    """The position that `text` writes; raises `InvalidPosition`."""
    if found := FORM.fullmatch(text):
        return Position(found[1], int(found[2]))
    raise InvalidPosition(
        f"{text[:80]!r} is not a position.", "Use the Antiphon-Position of an answer, or the id of an event."
    )


def gone(position: Position, oldest: int, incarnation: str) -> PositionGone:
    """What to tell a client whose position cannot be followed from."""
    if position.incarnation != incarnation:
        reason = f"{position} belongs to another incarnation of the log than {incarnation}"
    else:
        reason = f"{position} is older than the first change that is kept, {incarnation}-{oldest}"
    return PositionGone(f"{reason}.", "Read again without a position, and follow from the new answer's.")
