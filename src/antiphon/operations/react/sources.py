"""Sources: the logs that reactions follow."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from msgspec import Struct

from antiphon.errors import InvalidQuery, Unavailable, nearest
from antiphon.log import Position, Row
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
    """The log of a service that runs on this event loop."""

    def __init__(self, service: Callable[[], Service]) -> None:
        self._service = service

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
                rows = [change.row for change in changes if change.resource == resource]
                yield Piece(rows, Position(service.incarnation, number), max(number, live.number))
            elif live.closed:
                raise Unavailable(f"The service {service.name} stops.", "It is waited for.")
            else:
                await live.reached(number + 1, QUIET_SECONDS)

    async def close(self) -> None:
        pass
