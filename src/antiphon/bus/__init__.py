"""Buses: how other processes learn that a log grew."""

from antiphon.bus.bells import Bell, Bells, Ends, pipes

__all__ = ["Bell", "Bells", "Ends", "pipes"]
