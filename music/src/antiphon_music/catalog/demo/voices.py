"""Instruments: each makes the sound of one note from its pitch and its length."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from .notes import frequency
from .wave import RATE, Samples, band, decay, noise, phases, read, shape, table

Voice = Callable[[float, int], Samples]
"""From a frequency in hertz and the samples for which the note is held to its mono sound, tail included."""

_TAIL = 0.35


def _tail(held: int, seconds: float = _TAIL) -> int:
    return held + int(seconds * RATE)


def _struck(bright: Samples, dark: Samples, last: float, brightness: float, detune: float = 0.0) -> Voice:
    """Strings or bars that are hit: the upper harmonics die before the lower ones."""

    def sound(hertz: float, held: int) -> Samples:
        length = _tail(held)
        fall = last * (220 / max(hertz, 60)) ** 0.35
        phase = phases(hertz, length)
        result = read(dark, phase) * decay(length, fall)
        result += read(bright, phase) * decay(length, fall * brightness) * np.float32(0.6)
        if detune:
            result += read(dark, phases(hertz * (1 + detune), length)) * decay(length, fall * 0.8)
        return result * shape(length, 0.003, _TAIL)

    return sound


def _held(
    harmonics: list[float],
    attack: float,
    release: float,
    *,
    detune: tuple[float, ...] = (0.0,),
    vibrato: float = 0.0,
    breath: float = 0.0,
) -> Voice:
    """What sounds for as long as it is held: bowed, blown, or a synthesiser's oscillators."""
    full = table(harmonics)
    # High notes need fewer harmonics, or the top ones would fold back below the half of the rate.
    soft = table(harmonics[:5])

    def sound(hertz: float, held: int) -> Samples:
        length = _tail(held, release)
        cycle = full if hertz * len(harmonics) < RATE / 2.2 else soft
        result = np.zeros(length, dtype=np.float32)
        for offset in detune:
            result += read(cycle, phases(hertz * (1 + offset), length, vibrato))
        result *= np.float32(1 / len(detune))
        if breath:
            air = band(noise(length, int(hertz)), hertz * 0.8, hertz * 3)
            result += air * np.float32(breath)
        return result * shape(length, attack, release)

    return sound


def _plucked(last: float, tone: float, body: float) -> Voice:
    """A plucked string after Karplus and Strong (1983): a burst of noise that a loop wears smooth."""

    def sound(hertz: float, held: int) -> Samples:
        length = _tail(held, 0.12)
        period = max(2, round(RATE / hertz - 0.5))
        burst = noise(period, period)
        for _ in range(max(1, int((1 - tone) * 12))):
            burst = (burst + np.roll(burst, 1)) * np.float32(0.5)
        burst -= burst.mean()
        burst /= np.abs(burst).max()
        # The loop is half a sample longer than its buffer; resampling makes up for the rest of the period.
        ratio = hertz * (period + 0.5) / RATE
        turns = int(length * ratio / period) + 2
        half = np.float32(10 ** (-3 / (last * hertz)) / 2)
        loop = np.empty((turns, period), dtype=np.float32)
        loop[0] = burst
        for before, after in itertools.pairwise(loop):
            np.add(before[1:], before[:-1], out=after[1:])
            after[0] = before[0] + before[-1]
            after *= half
        at = np.arange(length) * ratio
        result = np.interp(at, np.arange(loop.size), loop.ravel()).astype(np.float32)
        if body:
            result += read(_SINE, phases(hertz, length)) * decay(length, last * 0.7) * np.float32(body)
        return np.asarray(result * shape(length, 0.002, 0.12), dtype=np.float32)

    return sound


_SINE = table([1.0])
_SAW = [1 / n for n in range(1, 25)]
_SQUARE = [1 / n if n % 2 else 0.0 for n in range(1, 24)]


def _electric_piano(hertz: float, held: int) -> Samples:
    """Two operators of frequency modulation, and a tine that rings for an instant."""
    length = _tail(held)
    at = phases(hertz, length).astype(np.float32) * np.float32(2 * np.pi / 2**32)
    index = np.float32(1.3) * decay(length, 1.1)
    result = np.sin(at + index * np.sin(at)) * decay(length, 3.2)
    tine = read(_SINE, phases(hertz * 7.0, length)) * decay(length, 0.25) * np.float32(0.12)
    return np.asarray((result + tine) * shape(length, 0.004, _TAIL), dtype=np.float32)


def _vibraphone(hertz: float, held: int) -> Samples:
    """Bars over turning fans: a fundamental, the fourth harmonic, and a slow tremolo."""
    length = _tail(held, 0.9)
    result = read(_SINE, phases(hertz, length)) * decay(length, 4.0)
    result += read(_SINE, phases(hertz * 4.0, length)) * decay(length, 0.7) * np.float32(0.3)
    fan = 1 + 0.22 * np.sin(2 * np.pi * 4.6 * np.arange(length) / RATE)
    return np.asarray(result * fan * shape(length, 0.002, 0.9), dtype=np.float32)


def _bell(hertz: float, held: int) -> Samples:
    """Partials that are no multiples of one another, as in a small bell."""
    length = _tail(held, 1.6)
    result = np.zeros(length, dtype=np.float32)
    for ratio, level, last in ((1, 1.0, 4.0), (2.76, 0.4, 1.8), (5.4, 0.18, 0.8), (8.93, 0.08, 0.4)):
        if hertz * ratio < RATE / 2.2:
            result += read(_SINE, phases(hertz * ratio, length)) * decay(length, last) * np.float32(level)
    return result * shape(length, 0.002, 1.6)


def _organ(hertz: float, held: int) -> Samples:
    """Drawbars and a slowly turning loudspeaker."""
    length = _tail(held, 0.06)
    result = read(_DRAWBARS, phases(hertz, length, 0.0025, 6.1, 0.05))
    turning = 1 + 0.12 * np.sin(2 * np.pi * 6.1 * np.arange(length) / RATE)
    return np.asarray(result * turning * shape(length, 0.012, 0.06), dtype=np.float32)


_DRAWBARS = table([1.0, 0.9, 0.55, 0.35, 0.0, 0.18, 0.0, 0.22])

VOICES: dict[str, Voice] = {
    "piano": _struck(
        table([1 / n**0.9 for n in range(1, 15)]), table([1, 0.45, 0.2, 0.12, 0.05]), 4.5, 0.22, 0.0007
    ),
    "celesta": _struck(table([0, 1, 0, 0.6, 0, 0.2]), table([1, 0, 0, 0.25]), 2.5, 0.3),
    "electric piano": _electric_piano,
    "vibraphone": _vibraphone,
    "bell": _bell,
    "organ": _organ,
    "guitar": _plucked(2.8, 0.75, 0.0),
    "harp": _plucked(3.5, 0.45, 0.15),
    "muted guitar": _plucked(0.35, 0.6, 0.0),
    "double bass": _plucked(1.6, 0.15, 0.9),
    "bass guitar": _plucked(2.6, 0.5, 0.7),
    "synth bass": _held([1 / n**1.1 for n in range(1, 12)], 0.004, 0.05, detune=(0.0, 0.003)),
    "sub bass": _held([1, 0.22, 0.08], 0.008, 0.06),
    "strings": _held(
        [1 / n**1.25 for n in range(1, 16)], 0.09, 0.3, detune=(-0.0035, 0.0, 0.004), vibrato=0.003
    ),
    "cello": _held([1, 0.8, 0.55, 0.5, 0.25, 0.2, 0.1, 0.06], 0.06, 0.2, detune=(0.0, 0.0012), vibrato=0.004),
    "pad": _held([1 / n**1.6 for n in range(1, 10)], 0.7, 1.4, detune=(-0.005, 0.0, 0.0055)),
    "choir": _held([1, 0.7, 0.25, 0.3, 0.35, 0.12], 0.35, 0.9, detune=(-0.004, 0.003), vibrato=0.004),
    "flute": _held([1, 0.35, 0.12, 0.03], 0.05, 0.12, vibrato=0.005, breath=0.12),
    "clarinet": _held([1, 0.05, 0.6, 0.05, 0.35, 0.05, 0.18], 0.03, 0.09, vibrato=0.0025, breath=0.03),
    "saxophone": _held([0.8, 1, 0.75, 0.6, 0.4, 0.3, 0.2, 0.12, 0.08], 0.03, 0.1, vibrato=0.006, breath=0.06),
    "lead": _held(_SQUARE, 0.006, 0.12, detune=(0.0, 0.004), vibrato=0.004),
    "saw": _held(_SAW, 0.01, 0.18, detune=(-0.006, 0.0, 0.007)),
}
"""The instruments by name."""


@lru_cache(maxsize=2048)
def sound(voice: str, pitch: int, held: int) -> Samples:
    """The sound of one note at full loudness: mono, kept, as tunes repeat their notes.

    Raises:
        KeyError: no instrument has this name.
    """
    result = VOICES[voice](frequency(pitch), held)
    result.setflags(write=False)
    return result
