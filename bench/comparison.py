"""One row of the table: two kinds of runs that alternate, and what their medians say."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from antiphon.server.serve import settle

Run = Callable[[], float]


class WrongAnswer(Exception):
    """What was measured did not do its work: a fast wrong answer is a failure."""


class Absent(Exception):
    """A peer cannot be run here; says why, and what to do about it."""


@dataclass
class Comparison:
    """Figures of `work` beside those of a limit or peer, in `unit`.

    With the measure "rate" more is better and `ratio` is to be at least `reach`; with "time" less is
    better and `ratio` is to be at most `reach`. Without a `reach` the row is reported only. `absent` says
    why there is nothing to compare with.
    """

    work: str
    peer: str
    unit: str
    measure: Literal["rate", "time"]
    reach: float | None
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: str | None = None
    absent: str | None = None

    @property
    def ratio(self) -> float | None:
        """The median of ours over the median of theirs, None before both ran."""
        if not (self.ours and self.theirs):
            return None
        return median(self.ours) / median(self.theirs)

    @property
    def goal(self) -> str:
        """What to reach, as text."""
        if self.reach is None:
            return "reported"
        return f"≥ {self.reach:g}" if self.measure == "rate" else f"≤ {self.reach:g}"

    @property
    def verdict(self) -> str:
        """Whether it was reached: "yes", "NO", "WRONG" for a wrong answer, "ABSENT", "-" without a goal."""
        if self.failure:
            return "WRONG"
        if self.absent:
            return "ABSENT"
        if self.reach is None or self.ratio is None:
            return "-" if self.reach is None else "not run"
        good = self.ratio >= self.reach if self.measure == "rate" else self.ratio <= self.reach
        return "yes" if good else "NO"

    def alternate(self, ours: Run, theirs: Run, rounds: int) -> None:
        """Run both once to warm up, then `rounds` times each, in turn; the first one changes each round."""
        ours(), theirs()
        for number in range(rounds):
            for run, figures in self._turn(number, ours, theirs):
                with undisturbed():
                    figures.append(run())

    def _turn(self, number: int, ours: Run, theirs: Run) -> Iterator[tuple[Run, list[float]]]:
        turn = [(ours, self.ours), (theirs, self.theirs)]
        yield from turn if number % 2 == 0 else reversed(turn)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have the interpreter as it is while `antiphon serve` serves, for either side."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    settle()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)


def require(right: bool, what: str) -> None:
    """Raise `WrongAnswer` saying `what` went wrong, unless it is `right`."""
    if not right:
        raise WrongAnswer(what)
