"""Changes: the entries of a log."""

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

R = TypeVar("R")

ChangeKind = Literal["added", "changed", "removed"]


class Change(Generic[R]):
    """One log entry.

    `number` is the position's; `time` is RFC 3339, UTC, and never falls; `resource` is the path
    ("/songs"); `kind` is "added", "changed" or "removed"; `caller` the id of who made it, if known; `cause`
    the position of the change that it reacts to, with its service's name; `trace` the W3C trace context.
    `before_json` and `after_json` are the record as it was stored, None where there was none.
    """

    __slots__ = (
        "_after",
        "_before",
        "_decode",
        "after_json",
        "before_json",
        "caller",
        "cause",
        "id",
        "kind",
        "number",
        "resource",
        "time",
        "trace",
    )

    def __init__(
        self,
        number: int,
        time: str,
        resource: str,
        id: str,
        kind: ChangeKind,
        before_json: bytes | None,
        after_json: bytes | None,
        caller: str | None,
        cause: str | None,
        trace: str | None,
        decode: Callable[[bytes], R],
    ) -> None:
        self.number = number
        self.time = time
        self.resource = resource
        self.id = id
        self.kind: ChangeKind = kind
        self.before_json = before_json
        self.after_json = after_json
        self.caller = caller
        self.cause = cause
        self.trace = trace
        self._decode = decode
        self._before: Any = None
        self._after: Any = None

    @property
    def before(self) -> R | None:
        """The record before; decoded once."""
        if self._before is None and self.before_json is not None:
            self._before = self._decode(self.before_json)
        return self._before  # type: ignore[no-any-return]

    @property
    def after(self) -> R | None:
        """The record after; decoded once."""
        if self._after is None and self.after_json is not None:
            self._after = self._decode(self.after_json)
        return self._after  # type: ignore[no-any-return]

    @property
    def row(self) -> tuple[Any, ...]:
        """The entry as the log's columns: position, time, resource, id, kind, before, after, caller, …"""
        return (
            self.number,
            self.time,
            self.resource,
            self.id,
            self.kind,
            self.before_json,
            self.after_json,
            self.caller,
            self.cause,
            self.trace,
        )
