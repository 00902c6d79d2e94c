"""Dice: numbers that look thrown, and are the same each time for the same words."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import shake_128
from typing import TypeVar

T = TypeVar("T")
THROWS = 512


class Dice:
    """A row of `THROWS` numbers made of `words`; behind the last comes the first again.

    Its own rather than `random.Random`: whose choices may be others in the next Python, and with them all
    covers.
    """

    def __init__(self, *words: str) -> None:
        told = "\x1f".join(words).encode("utf-8", "surrogatepass")
        self._bytes = shake_128(told).digest(2 * THROWS)
        self._place = 0

    def below(self, number: int) -> int:
        """A whole number from 0 to one less than `number`, which is at most some hundred."""
        at = self._place
        self._place = (at + 2) % len(self._bytes)
        return int.from_bytes(self._bytes[at : at + 2], "big") % number

    def between(self, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        return least + (most - least) * self.below(1001) / 1000

    def one_of(self, things: Sequence[T]) -> T:
        """One of `things`."""
        return things[self.below(len(things))]

    def mixed(self, things: Sequence[T]) -> list[T]:
        """All of `things` in another order."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in things]
