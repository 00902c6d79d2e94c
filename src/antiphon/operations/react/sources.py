"""Sources: the logs that reactions follow."""

from collections.abc import AsyncGenerator, Callable
from typing import Any, Protocol

from msgspec import Struct

from antiphon.access import Caller, sight
from antiphon.errors import InvalidQuery, Unavailable, nearest
from antiphon.log import Change, Position, Row
from antiphon.operations.service import Service

QUIET_SECONDS = 1.0
SLICE = 500


class Piece(Struct, frozen=True):
    """Entries of one resource, oldest first; all others up to `position` are of no concern.

    `newest` is the number that the log has come to, as far as is known.
    """

    rows: list[Row]
    position: Position
    newest: int


class Source(Protocol):
    """One service's log. What it raises is a `Problem`."""

    async def newest(self) -> Position:
        """Where the log has come to."""

    def follow(self, resource: str, after: Position) -> AsyncGenerator[Piece, None]:
        """Every entry of a resource after a position, in order, for ever.

        Raises:
            PositionGone: the log is another one, or no longer reaches back so far.
        """

    async def close(self) -> None:
        """Let go of it."""


class Runs(Protocol):
    """An application of this process."""

    @property
    def service(self) -> Service:
        """Its running service; raises `Unavailable` while there is none."""


class Nearby:
    """The log of a service that runs on this event loop: its own, or, for `who`, what that may see of it.

    Another service is told what it would be told over HTTP: what is hidden, or out of its sight, is not.
    """

    def __init__(self, service: Callable[[], Service], who: Caller | None = None) -> None:
        self._service = service
        self._who = who

    async def newest(self) -> Position:
        service = self._service()
        return Position(service.incarnation, service.live.number)

    async def follow(self, resource: str, after: Position) -> AsyncGenerator[Piece, None]:
        service = self._service()
        paths = [each.path for each in service.declarations]
        if resource not in paths:
            raise InvalidQuery(
                f"The service {service.name} has no resource {resource!r}.", nearest(resource, paths)
            )
        live = service.live
        number = await service.start_after(str(after))
        while True:
            changes = live.since(number)
            if changes is None:
                changes, _ = await service.changes(number, SLICE)
            if changes:
                number = changes[-1].number
                rows = self._rows(service, [change for change in changes if change.resource == resource])
                yield Piece(rows, Position(service.incarnation, number), max(number, live.number))
            elif live.closed:
                raise Unavailable(f"The service {service.name} stops.", "It is waited for.")
            else:
                await live.reached(number + 1, QUIET_SECONDS)

    def _rows(self, service: Service, changes: list[Change[Any]]) -> list[Row]:
        if self._who is None or not changes:
            return [change.row for change in changes]
        declared = next((each for each in service.declarations if each.path == changes[0].resource), None)
        if declared is None:  # not any more: nobody can say who may see it
            return []
        seen = sight(declared, self._who)
        return [row for change in changes if (row := seen.row(change)) is not None]

    async def close(self) -> None:
        pass
