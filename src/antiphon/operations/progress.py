"""Progress: how far each reaction has come, and what it could not do yet."""

from typing import Any

import msgspec
from msgspec import Struct

from antiphon.log import Row

BEGINNING = "beginning"
NOW = "now"


class Progress(Struct, frozen=True):
    """One reaction, as its service's store keeps it.

    Every change of `source` up to `position` has been handled, or is set aside; `position` is "beginning"
    or "now" until the source was first reached. `newest` is the number that the source had come to, as far
    as is known, `behind` the time of the oldest change that is known and not handled. `state` is
    "running"; "waiting", for a source that gives no answer; or "gone", as the source no longer has what
    comes next: then it stays where it is until told where to go on. `error` says why. `rebuild` is "asked",
    or why the last one failed; `code` is a digest of the code that began at the source's beginning.
    """

    name: str
    source: str
    position: str
    newest: int = 0
    behind: str | None = None
    state: str = "running"
    error: str | None = None
    code: str = ""
    rebuild: str | None = None


class Waiting(Struct, frozen=True):
    """A change that a reaction has set aside; `place` orders them (0: not stored yet).

    With `due` (Unix time, seconds) it is tried again then. With an `error` alone it is parked. With neither
    it waits behind an earlier one of its `key`.
    """

    reaction: str
    position: str
    key: str
    entry: bytes
    tries: int = 0
    due: float | None = None
    error: str | None = None
    place: int = 0

    @property
    def state(self) -> str:
        """In a word."""
        if self.due is not None:
            return "retrying"
        return "behind" if self.error is None else "parked"

    @property
    def row(self) -> Row:
        """The change, as its log has it."""
        found: Row = _decoder.decode(self.entry)
        return found


class Tally(Struct, frozen=True):
    """How many changes a reaction has set aside, and when the first of them is due."""

    parked: int
    retrying: int
    behind: int
    due: float | None


def entry_of(row: Row) -> bytes:
    """A log entry, as `Waiting.entry` holds it."""
    return _encode(row)


_encode = msgspec.msgpack.Encoder().encode
_decoder: Any = msgspec.msgpack.Decoder(Row)
