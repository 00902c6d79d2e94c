"""Pauses between tries."""

import random

FIRST = 0.1
LONGEST = 30.0


class Pauses:
    """Each pause is about twice the one before, and cut at random: many clients never come back as one.

    All in seconds; `first` may be set to what a server asks for.
    """

    def __init__(self) -> None:
        self.first = FIRST
        self.last = 0.0
        self._tries = 0

    def next(self, at_least: float = 0.0) -> float:
        """How long to wait before the next try."""
        longest = min(LONGEST, self.first * 2.0 ** min(self._tries, 20))
        self._tries += 1
        self.last = max(random.uniform(longest / 2, longest), min(at_least, LONGEST))  # noqa: S311
        return self.last

    def reset(self) -> None:
        """Begin again with the shortest."""
        self._tries = 0
