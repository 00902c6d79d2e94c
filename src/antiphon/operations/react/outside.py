"""Reactions to the outside world: functions that wait, several keys at once, each key in order."""

import asyncio
import time
from collections import deque
from typing import Any

from msgspec.structs import replace

from antiphon.errors import Problem
from antiphon.log import Change, Position
from antiphon.observations import Failed
from antiphon.operations.interfaces import Snapshot
from antiphon.operations.progress import Waiting
from antiphon.operations.react.handling import position_of
from antiphon.operations.react.reaction import Reaction
from antiphon.operations.react.running import Running
from antiphon.operations.react.sources import Piece, Source
from antiphon.operations.service import Service

AT_ONCE = 32
"""Changes that are at work at the same time."""
WINDOW = 500
"""Changes that are begun, or done while an earlier one is not: after a crash, these are done again."""


class Flight:
    """A change on its way; `done` with an `error`, or because it waits for others of its key, or well."""

    def __init__(self, change: Change[Any], at: Position, key: str) -> None:
        self.change = change
        self.at = Position(at.incarnation, change.number)
        self.key = key
        self.done = False
        self.error: BaseException | None = None
        self.waits = False
        self.task: asyncio.Task[None] | None = None


class Outside(Running):
    """Runs an async function: the position moves on as far as everything before it is done.

    A function may so be called again for a change that it handled already, with the same key.
    """

    def __init__(self, reaction: Reaction, source: Source, service: Service, rebuilds: asyncio.Lock) -> None:
        super().__init__(reaction, source, service, rebuilds)
        self._flights: deque[Flight] = deque()
        self._last: dict[str, Flight] = {}
        self._blocked: set[str] = set()
        self._again: dict[int, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._end: Position | None = None
        self._next_time: str | None = None

    @property
    def _room(self) -> bool:
        return len(self._flights) < WINDOW

    async def _take(self, piece: Piece, next_time: str | None) -> None:
        self._end, self._next_time = piece.position, next_time
        for row in piece.rows:
            change = self.reaction.change(row)
            flight = Flight(change, piece.position, self.reaction.key_of(change))
            before = self._last.get(flight.key)
            self._last[flight.key] = flight
            flight.task = asyncio.create_task(self._fly(flight, before))
            self._flights.append(flight)
        await self._settle()

    async def _settle(self) -> None:
        done: list[Flight] = []
        while self._flights and self._flights[0].done:
            done.append(self._flights.popleft())
        if not self._flights and self._end is not None:
            self._reached, self._end = self._end, None
            reached, behind = self._reached, self._next_time
        elif done:
            reached, behind = done[-1].at, self._flights[0].change.time
        if not done:
            return
        outcomes = [(each.change, each.error, each.waits) for each in done]
        handled, _ = await self._service.write(
            self._handling.settle(outcomes, self._progress, reached, self._newest, behind)
        )
        for each in done:
            if self._last.get(each.key) is each:
                del self._last[each.key]
        self._note(handled)

    async def _retry(self) -> None:
        name = self.reaction.name

        def read(snapshot: Snapshot) -> tuple[set[str], list[Waiting]]:
            due = snapshot.waiting(name, due=time.time(), limit=AT_ONCE) if self._is_due() else []
            return snapshot.keys(name), due

        stored, due = await self._service.reader.run(read)
        self._blocked = stored | {each.key for each in self._flights if each.error or each.waits}
        for waiting in due:
            if waiting.place not in self._again:
                self._again[waiting.place] = asyncio.create_task(self._try_again(waiting))
        if due:  # they ring when they are done; what else is due is seen at the next look
            self._tally = replace(self._tally, due=None)

    async def _finish(self) -> None:
        tasks = [each.task for each in self._flights if each.task is not None]
        tasks += self._again.values()
        try:
            if tasks:
                await asyncio.wait(tasks)
            await self._settle()
        finally:
            for task in tasks:
                task.cancel()
            self._flights.clear()
            self._last.clear()

    async def _fly(self, flight: Flight, before: Flight | None) -> None:
        if before is not None and before.task is not None:
            await asyncio.wait([before.task])
        async with self._places:
            if self._stopping.is_set() or (before is not None and not before.done):
                return  # it is done at the next start
            if flight.key in self._blocked:
                flight.waits = True
            else:
                flight.error = await self._call(flight.change, flight.at)
                if flight.error is not None:
                    self._blocked.add(flight.key)
        flight.done = True
        self._bell.set()

    async def _try_again(self, waiting: Waiting) -> None:
        try:
            async with self._places:
                error = await self._call(self.reaction.change(waiting.row), position_of(waiting))
            failures, _ = await self._service.write(self._handling.finish(waiting, error))
            self._tell(failures)
        except Problem as trouble:  # the store gives no answer: it stays due
            self._service.observers(Failed("", trouble))
        finally:
            del self._again[waiting.place]
            self._looked = 0.0
            self._bell.set()

    async def _call(self, change: Change[Any], at: Position) -> Exception | None:
        """Run the function; returns what it raised."""
        try:
            self._handling.context(change.row, at)
            async with asyncio.timeout(self.reaction.timeout):
                await self.reaction.function(change, f"{self.reaction.name}-{at.incarnation}-{change.number}")
        except Exception as error:
            return error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return RuntimeError(f"It was cancelled from within: {error}")
        return None
