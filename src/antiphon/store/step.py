"""One step of a migration, as it is shown before anyone decides."""

from msgspec import Struct


class Step(Struct, frozen=True):
    """What a migration does at one place of the store.

    `what` is a phrase for people; `rows` counts the records (or log entries) it touches, `lost` the values
    that are not there afterwards; `loses` tells whether it could lose data at all, however little there is
    now. `obstacle` says what must be put right first, by hand: no migration can decide it ("" for nothing).
    """

    what: str
    rows: int = 0
    lost: int = 0
    loses: bool = False
    obstacle: str = ""
