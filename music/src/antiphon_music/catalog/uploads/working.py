"""Working: tables that wait are taken in one after the other, each by a process of its own."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from antiphon import Application, Transaction

from .resources import FOLDER, SECONDS, Import

PAUSE = 0.5
"""Seconds between two looks whether a table waits."""
LATE = timedelta(seconds=2 * SECONDS)
"""After so long nothing arrives any more."""
CHILD = "antiphon_music.catalog.uploads.taking"


def importing(data: Path) -> Callable[[Application], Awaitable[None]]:
    """The task that takes in tables.

    What the process does that reads them — use memory, take long, fail — is no matter of the server's. Both
    may be killed at any time: whatever was running is begun again, and what is there already stays.
    """

    async def take_in(app: Application) -> None:
        while True:
            found = await app.find(Import, state="running") or await app.find(Import, state="waiting")
            if found is None:
                await asyncio.sleep(PAUSE)
            else:
                await _run(app, data, found.id)

    return take_in


async def _run(app: Application, data: Path, id: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", CHILD, str(data), id, stdin=asyncio.subprocess.PIPE
    )
    try:
        code = await process.wait()
    finally:  # the server stops
        if process.returncode is None:
            process.kill()
            await process.wait()

    def fail(tx: Transaction) -> None:
        found = tx.find(Import, id=id)
        if found is not None and found.state in ("waiting", "running"):
            told = [f"The process that read it ended with {code}.", *found.told]
            tx.update(found, state="failed", told=told)

    await app.write(fail)


def tidying(data: Path) -> Callable[[Application], Awaitable[None]]:
    """The task that forgets what was arriving when a server ended, and removes files that nobody needs: of
    imports that are over, or were put away before their turn."""

    async def tidy(app: Application) -> None:
        while True:
            oldest = await app.find(Import, state="arriving")
            if oldest is not None and _is_late(oldest):
                await app.write(_forget_late)
            for folder in await asyncio.to_thread(_folders, data):
                found = await app.find(Import, id=folder.name)
                if found is None or found.state in ("done", "failed"):
                    await asyncio.to_thread(shutil.rmtree, folder, True)
            await asyncio.sleep(PAUSE)

    return tidy


def _forget_late(tx: Transaction) -> None:
    for each in tx.select(Import, state="arriving"):
        if _is_late(each):
            tx.delete(each)


def _is_late(arriving: Import) -> bool:
    """Whether it cannot be arriving any more."""
    return arriving.at is not None and datetime.now(UTC) - arriving.at > LATE


def _folders(data: Path) -> list[Path]:
    return list((data / FOLDER).iterdir()) if (data / FOLDER).is_dir() else []
