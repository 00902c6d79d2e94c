"""The inbox: what has arrived from a source and is not taken yet."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from msgspec.structs import replace

from antiphon.operations.react.sources import SLICE, Piece

BOUND = 2000
"""Entries that wait at the most: then the source is not read on."""


class Inbox:
    """Reads a source ahead, up to `BOUND`, and rings `bell` for what comes, and when the source ends."""

    def __init__(self, pieces: AsyncGenerator[Piece, None], bell: asyncio.Event) -> None:
        self._pieces: deque[Piece] = deque()
        self._held = 0
        self._bell = bell
        self._room = asyncio.Event()
        self._task = asyncio.create_task(self._read(pieces))

    def take(self) -> Piece | None:
        """The next piece, if there is one; raises what the source raised, once all before it is taken."""
        if self._pieces:
            piece = self._pieces.popleft()
            self._held -= len(piece.rows)
            self._room.set()
            return piece
        if self._task.done():
            self._task.result()
        return None

    @property
    def oldest(self) -> str | None:
        """The time of the oldest entry that waits."""
        return next((piece.rows[0][1] for piece in self._pieces if piece.rows), None)

    async def close(self) -> None:
        """Read no more."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task

    async def _read(self, pieces: AsyncGenerator[Piece, None]) -> None:
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    self._held += len(piece.rows)
                    if self._pieces and len(self._pieces[-1].rows) < SLICE:
                        before = self._pieces.pop()
                        before.rows.extend(piece.rows)
                        piece = replace(piece, rows=before.rows)
                    self._pieces.append(piece)
                    self._bell.set()
                    while self._held > BOUND:
                        self._room.clear()
                        await self._room.wait()
        finally:
            self._bell.set()
