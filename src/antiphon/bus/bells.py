"""Bells: the bus between the workers of one server; each learns at once that another's log grew."""

import asyncio
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

RING = struct.Struct("=qq")
"""A log, and the newest number in it. A pipe takes so little whole or not at all (POSIX, write: PIPE_BUF)."""
MOST = RING.size * 4096


class Ends(NamedTuple):
    """The open files by which one worker hears the others, and rings for them."""

    mine: int
    others: tuple[int, ...]


def pipes(workers: int) -> list[Ends]:
    """What each of so many workers needs; made by the process that starts them.

    A worker has one pipe, which lasts when it is killed: there is nothing to put in order before the next
    takes its place.
    """
    made = [os.pipe() for _ in range(workers)]
    for end in (end for pipe in made for end in pipe):
        os.set_blocking(end, False)
    return [
        Ends(hears, tuple(ring for other, (_, ring) in enumerate(made) if other != place))
        for place, (hears, _) in enumerate(made)
    ]


class Bells:
    """One worker's part in it, for all its logs."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._listeners: dict[int, Callable[[int], None]] = {}

    def of(self, log: int) -> "Bell":
        """The bell of one log."""
        return Bell(self, log)

    def tell(self, log: int, head: int) -> None:
        """Ring for all others, on any thread."""
        for other in self._ends.others:
            with suppress(OSError):  # full: it has much to hear, and looks by itself before long
                os.write(other, RING.pack(log, head))

    def hear(self, log: int, listener: Callable[[int], None]) -> None:
        """Call `listener` with the newest number of a log whenever another worker tells of it."""
        if not self._listeners:
            asyncio.get_running_loop().add_reader(self._ends.mine, self._rung)
        self._listeners[log] = listener

    def leave(self, log: int) -> None:
        """Hear no more of a log."""
        if self._listeners.pop(log, None) is not None and not self._listeners:
            asyncio.get_running_loop().remove_reader(self._ends.mine)

    def _rung(self) -> None:
        heads: dict[int, int] = {}
        with suppress(BlockingIOError):
            for log, head in RING.iter_unpack(os.read(self._ends.mine, MOST)):
                heads[log] = max(head, heads.get(log, 0))
        for log, head in heads.items():
            if (listener := self._listeners.get(log)) is not None:
                listener(head)


class Bell:
    """A `Bus`: the bells of one log."""

    def __init__(self, bells: Bells, log: int) -> None:
        self._bells = bells
        self._log = log
        self._told = 0

    def tell(self, head: int) -> None:
        if head > self._told:
            self._told = head
            self._bells.tell(self._log, head)

    def hear(self, listener: Callable[[int], None]) -> None:
        self._bells.hear(self._log, listener)

    def leave(self) -> None:
        self._bells.leave(self._log)
