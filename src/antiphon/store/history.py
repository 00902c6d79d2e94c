"""A store's log as people look at it: read without the declarations that it was written by."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self

from msgspec import Struct

from antiphon.log import Change
from antiphon.operations import Progress, Waiting


class Wanted(Struct, frozen=True):
    """Which log entries to read; None: any.

    `resource` is a path ("/songs"), `id` a record's, `caller` who made the change; times are RFC 3339, UTC,
    with six digits of a second, `since` included and `until` not. `root` is the position that began it all,
    `trace` a trace's id.
    """

    resource: str | None = None
    id: str | None = None
    caller: str | None = None
    since: str | None = None
    until: str | None = None
    root: str | None = None
    trace: str | None = None


class History(Protocol):
    """The log of one store. Others may go on writing; entries do not change."""

    incarnation: str

    def entries(self, wanted: Wanted, newest: int | None = None) -> Iterator[Change[Any]]:
        """The entries that are `wanted`, oldest first; of those the `newest`, if given.

        They are read piece by piece, in constant memory, unless `newest` bounds them.
        """

    def entry(self, number: int) -> Change[Any] | None:
        """The entry of a number, if it is kept."""

    def newest(self) -> int:
        """The newest entry's number; 0 if there is none."""

    def reactions(self) -> list[Progress]:
        """What the store knows of its service's reactions."""

    def waiting(self, reaction: str) -> list[Waiting]:
        """The changes that a reaction has set aside."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
