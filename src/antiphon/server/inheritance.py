"""Inheritance: what a worker has from the process that started it."""

import os

import msgspec
from msgspec import Struct

VARIABLE = "_ANTIPHON_WORKER"


class Inheritance(Struct, frozen=True):
    """The worker's place among `workers`, and its open files, by their numbers.

    `line` leads to its `parent`, which is a process id; `listener` is where it takes connections, `limits`
    memory that all share, `hears` and `rings` are its ends of the bells. `held` it only keeps open: as long
    as one of them all runs, the stores are held.
    """

    place: int
    workers: int
    parent: int
    line: int
    listener: int
    limits: int
    hears: int
    rings: tuple[int, ...]
    held: tuple[int, ...]

    @property
    def files(self) -> tuple[int, ...]:
        """All of them."""
        return (self.line, self.listener, self.limits, self.hears, *self.rings, *self.held)

    def environment(self) -> dict[str, str]:
        """The environment of the worker."""
        return {**os.environ, VARIABLE: msgspec.json.encode(self).decode()}


def inherited() -> Inheritance | None:
    """What this process has inherited, if it is a worker."""
    written = os.environ.pop(VARIABLE, None)  # or the processes that it starts would take themselves for one
    if written is None:
        return None
    found = msgspec.json.decode(written, type=Inheritance)
    if found.parent != os.getppid():
        return None
    for file in found.files:
        os.set_inheritable(file, False)
    return found
