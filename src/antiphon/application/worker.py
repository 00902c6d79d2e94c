"""A worker: one of several processes that serve the same applications on the same data."""

import mmap
from collections.abc import Callable

from antiphon.bus import Bell, Bells, Ends
from antiphon.server.inheritance import Inheritance
from antiphon.server.line import Line


class Worker:
    """What it has in common with the others; `say` is what it tells them when it is asked.

    The first, at place 0, also reacts and runs the tasks: so each has one place, and if it ends, whoever
    takes its place goes on, and not before.
    """

    def __init__(self, inheritance: Inheritance, say: Callable[[], bytes]) -> None:
        self.place = inheritance.place
        self.limits = memoryview(mmap.mmap(inheritance.limits, 0))
        self.line = Line(inheritance.line, say)
        self._bells = Bells(Ends(inheritance.hears, inheritance.rings))
        self._logs = 0

    def bus(self) -> Bell:
        """The bus of the next log; all workers open theirs in the same order."""
        self._logs += 1
        return self._bells.of(self._logs - 1)
