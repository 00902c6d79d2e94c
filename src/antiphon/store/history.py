"""A store's log as people look at it: read without the declarations that it was written by."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self

from msgspec import Struct

from antiphon.log import Change


class Wanted(Struct, frozen=True):
    """Which log entries to read; None: any.

    `resource` is a path ("/songs"), `id` a record's, `caller` who made the change; times are RFC 3339, UTC,
    with six digits of a second, `since` included and `until` not.
    """

    resource: str | None = None
    id: str | None = None
    caller: str | None = None
    since: str | None = None
    until: str | None = None


class History(Protocol):
    """The log of one store. Others may go on writing; entries do not change."""

    incarnation: str

    def entries(self, wanted: Wanted, newest: int | None = None) -> Iterator[Change[Any]]:
        """The entries that are `wanted`, oldest first; of those the `newest`, if given.

        They are read piece by piece, in constant memory, unless `newest` bounds them.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
