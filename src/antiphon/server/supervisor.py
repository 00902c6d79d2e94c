"""The supervisor: starts the workers of a server, begins anew those that end, and ends all together."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from antiphon.client import Pauses
from antiphon.errors import AntiphonError, StoreError
from antiphon.observations import Observers, WorkerEnded
from antiphon.server.inheritance import Inheritance
from antiphon.server.line import ASK_SECONDS, LONGEST, Asked, NotStarted, Ready, Said, hear, send

Inherit = Callable[[int, int], Inheritance]
"""What the worker at a place inherits, given the number of its end of the line."""


class Supervisor:
    """Runs `workers` workers, each of which is this same program, begun again by its command line.

    `started` is called when all answer for the first time; from then on one that ends is begun anew.
    """

    def __init__(
        self, workers: int, inherit: Inherit, started: Callable[[], None], observers: Observers
    ) -> None:
        self._inherit = inherit
        self._started = started
        self._observers = observers
        self._all_ready = False
        self._end = asyncio.Event()
        self._failure: AntiphonError | None = None
        self._workers = [_Worker() for _ in range(workers)]

    async def run(self, close: Callable[[], None]) -> bool:
        """Run until SIGINT or SIGTERM; then `close` the listeners, and end the workers. Whether all started.

        Raises:
            AntiphonError: a worker could not start; what it said.
        """
        self._close = close
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self._stop, each)
        await asyncio.gather(*(self._keep(place) for place in range(len(self._workers))))
        if self._failure is not None:
            raise self._failure
        return self._all_ready

    async def _keep(self, place: int) -> None:
        """Have a worker run at `place` until the end."""
        pauses = Pauses()  # longer each time for one that does not come to serve
        while not self._end.is_set():
            how, served = await self._run(place)
            if self._end.is_set():
                return
            if not self._all_ready:
                self._failure = self._failure or StoreError(
                    f"Worker {place} ended before it served: {how}.", "What it said itself is above."
                )
                self._stop(signal.SIGTERM)
                return
            self._observers(WorkerEnded(place, how))
            if served:
                pauses.reset()
            with suppress(TimeoutError):
                async with asyncio.timeout(pauses.next()):
                    await self._end.wait()

    async def _run(self, place: int) -> tuple[str, bool]:
        """Run one worker; returns how it ended, and whether it served before."""
        worker = self._workers[place]
        ours, its = socket.socketpair()
        try:
            inheritance = self._inherit(place, its.fileno())
            worker.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *sys.orig_argv[1:],
                env=inheritance.environment(),
                pass_fds=inheritance.files,
                stdin=asyncio.subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for us alone: we tell it
            )
        except BaseException:
            ours.close()
            raise
        finally:
            its.close()
        reader, worker.writer = await asyncio.open_unix_connection(sock=ours, limit=LONGEST)
        hearing = asyncio.create_task(self._hear(worker, reader))
        if self._end.is_set():
            worker.process.terminate()
        code = await worker.process.wait()
        await hearing  # to the end of the line, which is there by now
        served, worker.ready = worker.ready, False
        worker.writer.close()
        worker.writer = worker.process = None
        for asking in worker.asked.values():
            asking.cancel()
        how = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        return how, served

    async def _hear(self, worker: "_Worker", reader: asyncio.StreamReader) -> None:
        while (message := await hear(reader)) is not None:
            match message:
                case Ready():
                    worker.ready = True
                    if not self._all_ready and all(each.ready for each in self._workers):
                        self._all_ready = True
                        self._started()
                case NotStarted(detail, hint):
                    self._failure = self._failure or StoreError(detail, hint)
                case Asked(number):
                    worker.busy.add(task := asyncio.create_task(self._ask(worker, number)))
                    task.add_done_callback(worker.busy.discard)
                case Said(number, said):
                    if (asking := worker.asked.get(number)) is not None and not asking.done():
                        asking.set_result(said)

    async def _ask(self, asking: "_Worker", number: int) -> None:
        """Ask all but one, and tell it what they say."""
        others = [(place, each) for place, each in enumerate(self._workers) if each is not asking]
        answers = await asyncio.gather(*(each.say() for _, each in others))
        by = {place: said for (place, _), said in zip(others, answers, strict=True) if said is not None}
        if asking.writer is not None:
            await asking.tell(Said(number, by=by))

    def _stop(self, how: signal.Signals) -> None:
        """End all workers; a second SIGINT is passed on too, and they wait no more for what is in flight."""
        if not self._end.is_set():
            self._end.set()
            self._close()
        for each in self._workers:
            if each.process is not None and each.process.returncode is None:
                each.process.send_signal(how)


class _Worker:
    """One worker, as its supervisor sees it."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.ready = False
        self.asked: dict[int, asyncio.Future[bytes]] = {}
        self.busy: set[asyncio.Task[Any]] = set()
        self._count = 0

    async def tell(self, message: Asked | Said) -> None:
        """Send it a message, if it is there."""
        try:
            if self.writer is not None:
                await send(self.writer, message)
        except OSError:  # it has just ended
            pass

    async def say(self) -> bytes | None:
        """Ask it; None if it does not answer in time."""
        if not self.ready:
            return None
        self._count += 1
        number = self._count
        asking: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.asked[number] = asking
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await self.tell(Asked(number))
                return await asking
        except (TimeoutError, asyncio.CancelledError):
            return None
        finally:
            del self.asked[number]
