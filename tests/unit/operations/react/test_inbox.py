"""The inbox reads ahead, within bounds, loses nothing, and tells how its source ended."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from msgspec.structs import replace

from antiphon.errors import Unavailable
from antiphon.log import Position
from antiphon.operations.react import inbox as inbox_module
from antiphon.operations.react.inbox import Inbox
from antiphon.operations.react.sources import Piece


def piece(number: int, rows: int = 1) -> Piece:
    made: list[Any] = [(number - rows + 1 + place, f"t{number}") for place in range(rows)]
    return Piece(made, Position("abcd", number), number)


class Numbers:
    """A source of pieces up to a number; `read` is how far it was read."""

    def __init__(self, until: int, rows: int = 1, error: Exception | None = None) -> None:
        self.read = 0
        self.closed = False
        self._until, self._rows, self._error = until, rows, error

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        try:
            while self.read < self._until:
                self.read += self._rows or 1
                yield piece(self.read, self._rows)
                await asyncio.sleep(0)
            if self._error is not None:
                raise self._error
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def take_all(inbox: Inbox, bell: asyncio.Event, until: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(10):
        while True:
            bell.clear()
            while (taken := inbox.take()) is not None:
                found += taken.rows
                assert not taken.rows or taken.rows[-1][0] <= taken.position.number
                if taken.position.number >= until:
                    return found
            await bell.wait()


@pytest.mark.parametrize("rows", [1, 3, 700])
def test_all_comes_in_order_and_no_more_is_held_than_may_be(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "BOUND", 100)

    async def check() -> None:
        source, bell = Numbers(2100, rows), asyncio.Event()
        inbox = Inbox(source.pieces(), bell)
        await asyncio.sleep(0.05)
        assert source.read <= 100 + 2 * rows
        assert [inbox.oldest] == [f"t{rows}"]
        found = await take_all(inbox, bell, 2100)
        assert [number for number, _ in found] == list(range(1, 2101))
        assert [inbox.oldest] == [None]
        await inbox.close()
        assert source.closed

    asyncio.run(check())


def test_where_nothing_happens_the_position_moves_on() -> None:
    async def check() -> None:
        source, bell = Numbers(5000, 0), asyncio.Event()
        inbox = Inbox(source.pieces(), bell)
        assert await take_all(inbox, bell, 5000) == []
        await inbox.close()

    asyncio.run(check())


def test_what_ended_the_source_comes_after_all_it_told() -> None:
    async def check() -> None:
        bell = asyncio.Event()
        inbox = Inbox(Numbers(3, error=Unavailable("gone home")).pieces(), bell)
        assert len(await take_all(inbox, bell, 3)) == 3
        await asyncio.sleep(0.01)
        assert bell.is_set()
        with pytest.raises(Unavailable, match="gone home"):
            inbox.take()
        await inbox.close()

    asyncio.run(check())


def test_pieces_are_not_shared_with_who_took_them() -> None:
    first = piece(1)
    assert replace(first, rows=first.rows[1:]).rows == []
    assert len(first.rows) == 1
