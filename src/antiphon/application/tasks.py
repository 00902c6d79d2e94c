"""Tasks: what an application does of itself while it serves, beside its answers and reactions."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from antiphon.client import Pauses
from antiphon.errors import DeclarationError
from antiphon.observations import Failed, Observers

WELL_SECONDS = 60.0
"""A task that ran for so long is begun again at once when it fails, and not as one that keeps failing."""

Task: TypeAlias = Callable[[Any], Awaitable[None]]
"""`async def slide(app: Application) -> None`."""


def check_tasks(tasks: Sequence[Any]) -> tuple[Task, ...]:
    """The tasks of an application; raises `DeclarationError` if one cannot be run."""
    for each in tasks:
        if not inspect.iscoroutinefunction(each) or len(inspect.signature(each).parameters) != 1:
            name = getattr(each, "__name__", repr(each))
            raise DeclarationError(
                f"The application is given the task {name}, which is no async function of the application.",
                f"Write it as async def {name if name.isidentifier() else 'tidy'}(app: Application) -> None.",
            )
    return tuple(tasks)


class Tasks:
    """Runs `tasks` side by side; one that fails is begun again after a pause, longer each time."""

    def __init__(self, tasks: Sequence[Task], observers: Observers) -> None:
        self._functions = tasks
        self._observers = observers
        self._running: list[asyncio.Task[None]] = []

    def start(self, app: Any) -> None:
        """Begin them all; nothing is waited for."""
        self._running = [asyncio.create_task(self._keep(each, app)) for each in self._functions]

    async def stop(self, patience: float) -> None:
        """Cancel them, and wait for `patience` seconds at the most."""
        for each in self._running:
            each.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=patience)

    async def _keep(self, function: Task, app: Any) -> None:
        loop = asyncio.get_running_loop()
        pauses = Pauses()
        while True:
            begun = loop.time()
            try:
                await function(app)
                return
            except Exception as error:
                self._observers(Failed("", error))
            if loop.time() - begun >= WELL_SECONDS:
                pauses.reset()
            await asyncio.sleep(pauses.next())
