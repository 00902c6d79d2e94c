"""Event streams as a client reads them (HTML Living Standard, 9.2), and what was told on them."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx


class Told(NamedTuple):
    """One event. `number` is its position's, None if it has none; `data` is None for a bookmark."""

    kind: str
    number: int | None
    data: Any


def number_of(position: str) -> int:
    """The number in a position."""
    return int(position.rpartition("-")[2])


class Parser:
    """Makes events of the bytes of a stream; what no empty line has ended yet is not told."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[Told]:
        *blocks, self._rest = (self._rest + piece).split(b"\n\n")
        found = []
        for block in blocks:
            values: dict[bytes, bytes] = {}
            for line in block.split(b"\n"):
                name, _, value = line.partition(b": ")
                if name:
                    assert name in (b"event", b"id", b"data", b"retry"), line
                    assert name not in values, block
                    values[name] = value
            if b"id" in values or b"data" in values:
                number = number_of(values[b"id"].decode()) if b"id" in values else None
                data = json.loads(values[b"data"]) if b"data" in values else None
                found.append(Told(values.get(b"event", b"").decode(), number, data))
        return found


class Follower:
    """Follows `path` for as long as it is let, and again from where it was; `seen` is all it was told.

    `start` is the position it began at: what it was given, or that of the list it was told first.
    `condense` makes of each change's data what is kept: the whole of a long log would fill the memory.
    """

    def __init__(self, path: str, incarnation: str = "", start: int | None = None) -> None:
        self.path = path
        self.incarnation = incarnation
        self.start = start
        self.last = start
        self.listed: list[Any] = []
        self.seen: list[Told] = []
        self.condense: Callable[[Any], Any] | None = None

    async def follow(self, client: httpx.AsyncClient, until: int | None = None) -> None:
        """Follow until the connection fails, the stream ends, or the position has reached `until`."""
        headers = {"Accept": "text/event-stream"}
        if self.last is not None:
            headers["Last-Event-ID"] = f"{self.incarnation}-{self.last}"
        else:
            self.listed.clear()
        parser = Parser()
        try:
            async with client.stream("GET", self.path, headers=headers) as response:
                if response.status_code != 200:
                    raise AssertionError((await response.aread()).decode())
                async for piece in response.aiter_raw():
                    for told in parser.feed(piece):
                        self._take(told)
                    if until is not None and self.last is not None and self.last >= until:
                        return
        except httpx.TransportError:
            return

    def _take(self, told: Told) -> None:
        if told.kind == "present":
            assert self.last is None, "a list was told after the list was complete, or to one who resumed"
            self.listed.append(told.data)
            return
        if told.kind == "live":
            assert told.number is not None
            assert self.last is None
            self.incarnation = told.data["position"].rpartition("-")[0]
            self.start = self.last = told.number
            return
        assert told.kind != "gone", told.data
        assert self.last is not None, "a change was told before the list was complete"
        if told.number is not None:
            assert told.number >= self.last, "positions went back"
            self.last = told.number
        if told.data is not None:
            kept = told.data if self.condense is None else self.condense(told.data)
            self.seen.append(told._replace(data=kept))
