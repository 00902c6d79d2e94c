"""Figures: a reaction in numbers."""

from msgspec import Struct


class Figures(Struct, frozen=True):
    """A reaction in numbers, as metrics have them."""

    name: str
    source: str
    running: bool
    position: int
    lag: int
    lag_seconds: float
    parked: int
    waiting: int
