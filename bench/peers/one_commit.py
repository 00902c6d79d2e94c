"""Durable writes as they are usually made with aiosqlite: one connection, one commit a command."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiosqlite

Row = tuple[Any, ...]


def run(path: Path, inserts: tuple[str, str], rows: Sequence[tuple[Row, Row]], callers: int) -> float:
    """Insert each pair of rows (state, log) in a transaction of its own, for `callers` at once; seconds.

    The file at `path` has its schema already. A lock keeps one caller's two rows in one transaction.
    """
    return asyncio.run(_run(path, inserts, rows, callers))


async def _run(path: Path, inserts: tuple[str, str], rows: Sequence[tuple[Row, Row]], callers: int) -> float:
    state, log = inserts
    async with aiosqlite.connect(path) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            await connection.execute(f"PRAGMA {pragma}")
        lock = asyncio.Lock()
        left = iter(rows)

        async def caller() -> None:
            for first, second in left:
                async with lock:
                    await connection.execute(state, first)
                    await connection.execute(log, second)
                    await connection.commit()

        start = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(callers)))
        return time.perf_counter() - start
