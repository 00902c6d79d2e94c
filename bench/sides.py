"""Several peers beside Antiphon at one kind of work, all in turn, in the same rounds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from bench.comparison import Absent, Comparison, Run, WrongAnswer, undisturbed


@dataclass
class Sides:
    """One kind of work by Antiphon, and a row for each peer: all rows share Antiphon's figures."""

    work: str
    unit: str
    measure: Literal["rate", "time"]
    ours: Run
    figures: list[float] = field(default_factory=list)
    _rows: list[tuple[Comparison, Run | None]] = field(default_factory=list)

    def beside(self, peer: str, reach: float | None, start: Callable[[], Run]) -> Comparison:
        """Add a peer: `start` gives its run, or raises `Absent`, which is told in the table."""
        row = Comparison(self.work, peer, self.unit, self.measure, reach, self.figures)
        run = None
        try:
            run = start()
        except Absent as absent:
            row.absent = str(absent)
        except WrongAnswer as wrong:
            row.failure = str(wrong)
        self._rows.append((row, run))
        return row

    def alternate(self, rounds: int) -> Iterator[Comparison]:
        """Run each once to warm up, then `rounds` times, in turn; who is first changes every round.

        A peer that gives a wrong answer is left out from then on.

        Raises:
            WrongAnswer: Antiphon gave one.
        """
        for number in range(-1, rounds):
            turn = [(None, self.ours), *((row, run) for row, run in self._rows if run and not row.failure)]
            first = number % len(turn)
            for row, run in turn[first:] + turn[:first]:
                try:
                    with undisturbed():
                        figure = run()
                except WrongAnswer as wrong:
                    if row is None:
                        raise
                    row.failure = str(wrong)
                    continue
                if number >= 0:
                    (self.figures if row is None else row.theirs).append(figure)
        for row, _ in self._rows:
            yield row
