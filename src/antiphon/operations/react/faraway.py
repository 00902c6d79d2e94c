"""The log of a service that runs elsewhere, followed over HTTP."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from antiphon.client import Client
from antiphon.errors import Malformed
from antiphon.log import Position, Row, parse_position
from antiphon.operations.react.sources import Piece

EVENTS = "/events"


class Faraway:
    """The log of the service at a URL, or of the one that a client speaks to."""

    def __init__(self, service: str | Client) -> None:
        self._own = isinstance(service, str)
        self._client = service if isinstance(service, Client) else Client(service, patience=0.0)

    async def newest(self) -> Position:
        page = await self._client.read(EVENTS, {"from": "now", "limit": 1})
        position: str | None = getattr(page, "position", None)
        if position is None:
            raise Malformed("The source answers without a position.", "Check its URL.")
        return parse_position(position)

    async def follow(self, resource: str, after: Position) -> AsyncGenerator[Piece, None]:
        told = self._client.follow(EVENTS, {"resource": resource}, after=str(after), bookmarks=True)
        async with aclosing(told) as events:
            async for event in events:
                if event.position is None:
                    raise Malformed("The source tells a change without its position.", "Check its URL.")
                position = parse_position(event.position)
                rows = [] if event.kind == "bookmark" else [row_of(event.record)]
                yield Piece(rows, position, position.number)

    async def close(self) -> None:
        if self._own:
            await self._client.__aexit__(None, None, None)


def row_of(event: dict[str, Any]) -> Row:
    """The log entry that a CloudEvent tells of.

    Raises:
        Malformed: it is none of Antiphon's.
    """
    try:
        resource, _, id = event["subject"].rpartition("/")
        data = event["data"]
        return (
            parse_position(event["id"]).number,
            event["time"],
            resource,
            id,
            event["type"].rpartition(".")[2],
            _encoded(data["before"]),
            _encoded(data["after"]),
            event.get("caller"),
            event.get("cause"),
            event.get("traceparent"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"The source tells what is no change: {error!r}.", "Check its URL.") from None


def _encoded(record: Any) -> bytes | None:
    return None if record is None else msgspec.json.encode(record)
