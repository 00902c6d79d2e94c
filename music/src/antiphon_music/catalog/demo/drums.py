"""Percussion: each drum is one short sound, made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from .wave import RATE, Samples, band, decay, noise, shape, times


def _swept(seconds: float, start: float, end: float, fall: float, last: float) -> Samples:
    """A sine that falls from one frequency to another, as a struck skin does."""
    at = times(seconds)
    hertz = end + (start - end) * np.exp(-at / np.float32(fall))
    return np.asarray(np.sin(2 * np.pi * np.cumsum(hertz) / RATE) * decay(at.size, last), dtype=np.float32)


def _hiss(seconds: float, low: float, high: float, last: float, seed: int, attack: float = 0.001) -> Samples:
    length = int(seconds * RATE)
    return band(noise(length, seed), low, high) * decay(length, last) * shape(length, attack, seconds * 0.2)


def _metal(seconds: float, last: float, low: float, seed: int) -> Samples:
    """A plate: square waves that fit no common pitch, and some hiss."""
    at = times(seconds)
    plate = sum(np.sign(np.sin(2 * np.pi * hertz * at)) for hertz in (317, 465, 549, 672, 811, 1129))
    mixed = np.asarray(plate, dtype=np.float32) * np.float32(0.12) + noise(at.size, seed) * np.float32(0.35)
    return band(mixed, low, 14_000) * decay(at.size, last) * shape(at.size, 0.001, seconds * 0.3)


def _add(*sounds: Samples) -> Samples:
    result = np.zeros(max(sound.size for sound in sounds), dtype=np.float32)
    for sound in sounds:
        result[: sound.size] += sound
    return result


def _clap() -> Samples:
    result = np.zeros(int(0.3 * RATE), dtype=np.float32)
    for number, delay in enumerate((0.0, 0.011, 0.023)):
        burst = _hiss(0.25, 900, 3_500, 0.16, 60 + number)
        start = int(delay * RATE)
        result[start : start + burst.size] += burst
    return result


_DRUMS: dict[str, Callable[[], Samples]] = {
    "kick": lambda: _add(
        _swept(0.4, 130, 48, 0.03, 0.42), _hiss(0.01, 1_000, 6_000, 0.01, 1) * np.float32(0.4)
    ),
    "soft kick": lambda: _swept(0.35, 85, 46, 0.04, 0.35) * np.float32(0.8),
    "snare": lambda: _add(
        _swept(0.2, 230, 180, 0.02, 0.16) * np.float32(0.5),
        _hiss(0.28, 700, 8_000, 0.25, 2) * np.float32(0.8),
    ),
    "rim": lambda: (
        _add(_swept(0.06, 900, 780, 0.01, 0.05), _hiss(0.04, 2_000, 7_000, 0.03, 3)) * np.float32(0.6)
    ),
    "clap": _clap,
    "brush": lambda: _hiss(0.32, 1_500, 7_000, 0.5, 4, attack=0.04) * np.float32(0.6),
    "hat": lambda: _metal(0.08, 0.09, 6_500, 5) * np.float32(1.6),
    "open hat": lambda: _metal(0.4, 0.5, 6_000, 6) * np.float32(1.4),
    "ride": lambda: _metal(1.1, 1.3, 4_500, 7),
    "crash": lambda: _metal(1.8, 2.0, 3_000, 8) * np.float32(1.2),
    "shaker": lambda: _hiss(0.09, 4_000, 11_000, 0.12, 9, attack=0.025) * np.float32(0.7),
    "tom": lambda: _swept(0.4, 150, 98, 0.06, 0.45),
    "low tom": lambda: _swept(0.5, 110, 70, 0.07, 0.55),
    "conga": lambda: _swept(0.22, 255, 220, 0.02, 0.22) * np.float32(0.8),
    "tambourine": lambda: _hiss(0.15, 6_000, 13_000, 0.14, 10) * np.float32(0.8),
}


@cache
def drum(name: str) -> Samples:
    """The sound of a drum at full loudness, mono.

    Raises:
        KeyError: no drum has this name.
    """
    result = _DRUMS[name]()
    result.setflags(write=False)
    return result
