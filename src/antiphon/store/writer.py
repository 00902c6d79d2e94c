"""The writer: one thread, one connection, many commands a commit."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from antiphon.errors import Problem, Unavailable
from antiphon.log import Change
from antiphon.observations import Committed, Failed, Observers, StoreFailed
from antiphon.operations import Deliver, Pending, Rows, Transaction

BATCH = 512
"""Commands after which a commit takes no more: what comes later waits for the next."""


class Medium(Protocol):
    """A store's connection for writing, as the writer needs it."""

    @property
    def rows(self) -> Rows: ...

    def begin(self) -> tuple[int, str]:
        """Take the write lock; returns the newest number and its time ("" for an empty log)."""

    def commit(self) -> None: ...

    def told(self) -> None:
        """Called when the callers of a commit have been told: what need not hold them up."""

    def rollback(self) -> None: ...

    def refusal(self, error: BaseException) -> Problem | None:
        """What to tell callers if the whole batch is lost to `error`; None if one command alone failed."""

    def newest(self) -> int | None:
        """The newest number, if another process may have committed since the last look; else None."""

    def tidy(self) -> None:
        """Called every few seconds, between two batches."""

    def close(self) -> None: ...


class Writer:
    """Runs commands one after the other, commits what waits together, then answers.

    A command that raises is undone alone. A batch that cannot be committed (no room, no permission) is
    undone as a whole, and each caller told why. Commits of other processes are noticed within `POLL`.
    """

    POLL = 0.05
    TIDY = 5.0

    def __init__(self, medium: Callable[[], Medium], observers: Observers) -> None:
        self._queue: SimpleQueue[tuple[Pending, ...]] = SimpleQueue()
        self._observers = observers
        self._deliver: list[Deliver] = []
        self._closed = False
        self._closing = threading.Lock()
        self._tidied = time.monotonic()
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(medium,), name="antiphon-writer", daemon=True)
        self._thread.start()
        self._ready.result()

    def submit(self, *pending: Pending) -> None:
        """Queue commands; raises `Unavailable` once closed."""
        with self._closing:  # nothing may come behind the empty tuple that ends the thread
            if self._closed:
                raise Unavailable("The service stops.", "Try again.", headers={"Retry-After": "1"})
            for place in range(0, len(pending), BATCH):
                self._queue.put(pending[place : place + BATCH])

    def deliver_to(self, deliver: Deliver) -> None:
        self._deliver.append(deliver)

    def close(self) -> None:
        """Finish what is queued, and end the thread."""
        with self._closing:
            self._closed = True
            self._queue.put(())
        self._thread.join()

    def _run(self, medium_of: Callable[[], Medium]) -> None:
        try:
            self._medium = medium_of()  # on this thread: it alone uses the connection
            self._head = self._medium.newest() or 0
        except BaseException as error:
            self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        more = True
        while more:
            batch, more = self._next_batch()
            if batch:
                self._write(batch)
            else:
                self._look()
            self._tidy()
        self._medium.close()

    def _next_batch(self) -> tuple[list[Pending], bool]:
        """Commands that wait; and whether more may come."""
        batch: list[Pending] = []
        try:
            taken = self._queue.get(timeout=self.POLL)
            while taken:
                batch += taken
                if len(batch) >= BATCH:
                    return batch, True
                taken = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _look(self) -> None:
        """Notice what other processes committed."""
        try:
            newest = self._medium.newest()
        except Exception as error:
            self._observers(StoreFailed(error))
            return
        if newest is not None and newest != self._head:
            self._head = newest
            self._tell([], None, newest)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied < self.TIDY:
            return
        self._tidied = time.monotonic()
        try:
            self._medium.tidy()
        except Exception as error:
            self._observers(StoreFailed(error))

    def _write(self, batch: list[Pending]) -> None:
        started = time.perf_counter()
        known = self._head
        try:
            before, changes = self._attempt(batch)
        except BaseException as error:
            self._observers(StoreFailed(error))
            for pending in batch:
                pending.error = self._medium.refusal(error) or _telling(error)
            self._tell(batch, [], self._head)
            return
        if before != known:  # others have written: of what they wrote nothing is known here
            self._tell([], None, before)
        self._tell(batch, changes, self._head)
        self._medium.told()
        self._observers(Committed(len(batch), self._head - before, self._head, time.perf_counter() - started))

    def _attempt(self, batch: list[Pending]) -> tuple[int, list[Change[Any]] | None]:
        """Run and commit a batch; the number before it, and its changes, None if they are too many."""
        medium = self._medium
        rows = medium.rows
        try:
            before, latest = medium.begin()
            number = before
            complete = True
            now = max(datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"), latest)
            changes: list[Change[Any]] = []
            for pending in batch:
                tx = Transaction(rows, number, now, pending.context)
                try:
                    pending.result = pending.command(tx)
                    rows.check()
                    if tx.guarded:
                        rows.keep()
                except BaseException as error:
                    if medium.refusal(error) is not None:
                        raise
                    rows.check()
                    tx.undo()
                    pending.error = _telling(error)
                    continue
                pending.number = number = tx.number
                changes += tx.changes
                complete &= not tx.spilled
            if changes:
                rows.append(changes)
            _tell_run(batch)
            medium.commit()
        except BaseException:
            _tell_run(batch)
            medium.rollback()
            raise
        self._head = number
        return before, changes if complete else None

    def _tell(self, batch: list[Pending], changes: list[Change[Any]] | None, head: int) -> None:
        waiting: list[Pending] = []
        for pending in batch:
            if isinstance(pending.future, asyncio.Future):
                waiting.append(pending)
            else:
                pending.settle()
        for deliver in self._deliver:
            try:
                deliver(waiting, changes, head)
            except Exception as error:  # an event loop that was closed must not stop the writer for others
                self._observers(Failed("", error))


def _tell_run(batch: list[Pending]) -> None:
    """Let go on who waits for commands to have run."""
    for pending in batch:
        if pending.ran is not None:
            pending.ran()
            pending.ran = None


def _telling(error: BaseException) -> Exception:
    """What a caller is told: a future takes no StopIteration, and no caller should exit for a command."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    told = RuntimeError(f"the command raised {type(error).__name__}: {error}")
    told.__cause__ = error
    return told
