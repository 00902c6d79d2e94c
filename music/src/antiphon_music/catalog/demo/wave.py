"""Sound as arrays: the sample rate, envelopes, oscillators and noise.

A mono sound has the shape (samples,), a stereo one (2, samples); full scale is 1.0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Samples a second: the one rate that Opus works at."""

Samples = NDArray[np.float32]

Phases = NDArray[np.uint32]

_TABLE_BITS = 12


def times(seconds: float) -> Samples:
    """The time in seconds of each sample of so long a sound."""
    return np.arange(max(1, int(seconds * RATE)), dtype=np.float32) / np.float32(RATE)


def table(harmonics: list[float]) -> Samples:
    """One cycle made of sine harmonics with these amplitudes, scaled to a peak of 1."""
    size = 1 << _TABLE_BITS
    phase = np.arange(size) * (2 * np.pi / size)
    cycle = np.zeros(size)
    for number, amplitude in enumerate(harmonics, start=1):
        if amplitude:
            cycle += amplitude * np.sin(number * phase)
    peak = float(np.abs(cycle).max()) or 1.0
    return (cycle / peak).astype(np.float32)


def phases(hertz: float, length: int, vibrato: float = 0.0, rate: float = 5.3, onset: float = 0.25) -> Phases:
    """The phase of each of `length` samples at a pitch, in cycles times 2 to the 32nd.

    `vibrato` is its depth as a part of the frequency; it grows in during `onset` seconds.
    """
    # Unsigned integers overflow at each whole cycle by themselves: several times faster than a modulus.
    step = hertz / RATE * 2.0**32
    if not vibrato:
        return np.arange(length, dtype=np.uint32) * np.uint32(step)
    at = np.arange(length, dtype=np.float32) / np.float32(RATE)
    depth = np.clip(at / np.float32(onset) - np.float32(0.4), 0, 1) * np.float32(vibrato * step)
    bent = np.float32(step) + depth * np.sin(np.float32(2 * np.pi * rate) * at)
    return np.cumsum(bent.astype(np.uint32), dtype=np.uint32)


def read(cycle: Samples, phase: Phases) -> Samples:
    """Play one cycle at the given phases."""
    return np.take(cycle, phase >> np.uint32(32 - _TABLE_BITS))


def decay(length: int, seconds: float) -> Samples:
    """An exponential fall to a thousandth in `seconds`."""
    fall = np.exp(np.arange(length, dtype=np.float32) * np.float32(-6.9 / (seconds * RATE)))
    return np.asarray(fall, dtype=np.float32)


def shape(length: int, attack: float, release: float) -> Samples:
    """A rise over `attack` seconds and a fall over the last `release` seconds, both smooth."""
    envelope = np.ones(length, dtype=np.float32)
    rise = min(length, int(attack * RATE))
    fall = min(length, int(release * RATE))
    if rise:
        envelope[:rise] *= np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32)) ** 2
    if fall:
        envelope[length - fall :] *= np.cos(np.linspace(0, np.pi / 2, fall, dtype=np.float32)) ** 2
    return envelope


def noise(length: int, seed: int) -> Samples:
    """White noise between -1 and 1, the same for the same seed."""
    return np.random.default_rng(seed).uniform(-1, 1, length).astype(np.float32)


def band(sound: Samples, low: float, high: float) -> Samples:
    """What lies between two frequencies in hertz, with gentle edges."""
    spectrum = np.fft.rfft(sound)
    at = np.fft.rfftfreq(sound.size, 1 / RATE)
    gain = 1 / (1 + (at / high) ** 4)
    if low:
        gain *= 1 - 1 / (1 + (at / low) ** 4)
    return np.fft.irfft(spectrum * gain, sound.size).astype(np.float32)
