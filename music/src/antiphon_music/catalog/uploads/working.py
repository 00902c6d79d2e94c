"""Working: tables that wait are taken in one after the other, each by a process of its own."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from antiphon import Application, Transaction

from .resources import FOLDER, Import

PAUSE = 0.5
"""Seconds between two looks whether a table waits."""
CHILD = "antiphon_music.catalog.uploads.taking"


def importing(data: Path) -> Callable[[Application], Awaitable[None]]:
    """The task that takes in tables.

    What the process does that reads them — use memory, take long, fail — is no matter of the server's. Both
    may be killed at any time: whatever was running is begun again, and what is there already stays.
    """

    async def take_in(app: Application) -> None:
        await app.write(_forget_cut)
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


def _forget_cut(tx: Transaction) -> None:
    """Forget what was arriving when the server ended."""
    for cut in tx.select(Import, state="arriving"):
        tx.delete(cut)


def tidying(data: Path) -> Callable[[Application], Awaitable[None]]:
    """The task that removes files of imports that are over, or were put away before their turn."""

    async def tidy(app: Application) -> None:
        while True:
            for folder in await asyncio.to_thread(_folders, data):
                found = await app.find(Import, id=folder.name)
                if found is None or found.state in ("done", "failed"):
                    await asyncio.to_thread(shutil.rmtree, folder, True)
            await asyncio.sleep(PAUSE)

    return tidy


def _folders(data: Path) -> list[Path]:
    return list((data / FOLDER).iterdir()) if (data / FOLDER).is_dir() else []
