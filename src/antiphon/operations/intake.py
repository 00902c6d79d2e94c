"""The intake: commands of one event loop, on their way to the writer."""

import asyncio
from threading import Lock

from antiphon.operations.interfaces import Store
from antiphon.operations.write import Pending

GATHERING = 0.001
"""Seconds that a command waits at the most while others arrive, turn by turn of the loop."""
GIVEN = 0.003
"""Seconds for which the loop stands still, at the most, while the writer runs commands."""


class Intake:
    """Hands commands to the writer together, when the loop has run dry and the batch before is answered.

    Woken for the first of them, the writer would compete with the loop for the interpreter, statement by
    statement, and commit few at a time; a commit costs what its pages cost, and few commands share a page.
    A command that comes alone waits for two turns of the loop, and those behind a commit for it to end.

    A busy loop would still let the writer have the interpreter only now and then, and again for each
    statement. So it stands still until the commands have run, a few milliseconds at the most. While they are
    committed it makes their answers, for it would have little else to do, and goes on.
    """

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self._store = store
        self._loop = loop
        self._gathered: list[Pending] = []
        self._turning = False
        self._writing = False

    def submit(self, pending: Pending) -> None:
        """Take a command; its future tells if the store refuses it."""
        self._gathered.append(pending)
        if not self._turning and not self._writing:
            self._turning = True
            self._loop.call_soon(self._turn, 0, self._loop.time() + GATHERING)

    def answered(self) -> None:
        """Take note that a batch is answered; its answers go out before the next one is handed on."""
        self._writing = False
        if self._gathered and not self._turning:
            self._turning = True
            until = self._loop.time() + GATHERING
            self._loop.call_soon(self._loop.call_soon, self._turn, 0, until)

    def hand_on(self) -> None:
        """Give the writer all that is gathered."""
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        ran = Lock()
        ran.acquire()
        gathered[-1].ran = ran.release
        try:
            self._store.submit(*gathered)
        except Exception as error:
            for pending in gathered:
                pending.error = error
                pending.settle()
            return
        self._writing = True
        if ran.acquire(timeout=GIVEN):
            for pending in gathered:
                pending.make()

    def _turn(self, seen: int, until: float) -> None:
        if len(self._gathered) > seen and self._loop.time() < until:
            self._loop.call_soon(self._turn, len(self._gathered), until)
        else:
            self._turning = False
            self.hand_on()
