"""Changes: the entries of a log."""

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

R = TypeVar("R")

ChangeKind = Literal["added", "changed", "removed"]
Row = tuple[int, str, str, str, ChangeKind, bytes | None, bytes | None, str | None, str | None, str | None]
"""An entry as the log's columns: position, time, resource, id, kind, before, after, caller, cause, trace."""


class Change(Struct, Generic[R], gc=False, eq=False):
    """One log entry; `row` is what the log holds, `decode` makes a record of its JSON.

    `shared` has what has been made of it for one that is told of it, for all who are told the same.
    """

    row: Row
    decode: Callable[[bytes], R | None]
    _before: R | None = None
    _after: R | None = None
    shared: dict[Any, Any] = {}

    @property
    def number(self) -> int:
        """The position's number."""
        return self.row[0]

    @property
    def time(self) -> str:
        """When: RFC 3339, UTC; it never falls."""
        return self.row[1]

    @property
    def resource(self) -> str:
        """The path of the resource: "/songs"."""
        return self.row[2]

    @property
    def id(self) -> str:
        """The record's id."""
        return self.row[3]

    @property
    def kind(self) -> ChangeKind:
        """What happened to the record: "added", "changed" or "removed"."""
        return self.row[4]

    @property
    def before_json(self) -> bytes | None:
        """The record before, as it was stored; None if there was none."""
        return self.row[5]

    @property
    def after_json(self) -> bytes | None:
        """The record after, as it is stored; None if there is none."""
        return self.row[6]

    @property
    def caller(self) -> str | None:
        """The id of who made the change, if known."""
        return self.row[7]

    @property
    def cause(self) -> str | None:
        """The position of the change that this one reacts to, with its service's name."""
        return self.row[8]

    @property
    def trace(self) -> str | None:
        """The W3C trace context of the request."""
        return self.row[9]

    @property
    def before(self) -> R | None:
        """The record before; decoded once."""
        if self._before is None and self.before_json is not None:
            self._before = self.decode(self.before_json)
        return self._before

    @property
    def after(self) -> R | None:
        """The record after; decoded once."""
        if self._after is None and self.after_json is not None:
            self._after = self.decode(self.after_json)
        return self._after
