"""Notes and chords by their usual names, as numbers that the other modules can count with."""

from __future__ import annotations

import re
from typing import NamedTuple

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

_QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7, 12),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "9": (0, 4, 10, 14),
    "m9": (0, 3, 10, 14),
    "maj9": (0, 4, 11, 14),
    "add9": (0, 4, 7, 14),
    "m7b5": (0, 3, 6, 10),
    "dim": (0, 3, 6),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "7sus4": (0, 5, 7, 10),
}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}


class Chord(NamedTuple):
    """A chord: its root and bass as pitch classes (0 to 11, C is 0), its tones as semitones over the root."""

    root: int
    tones: tuple[int, ...]
    bass: int

    @property
    def classes(self) -> frozenset[int]:
        """The pitch classes of its tones."""
        return frozenset((self.root + tone) % 12 for tone in self.tones)


def pitch_class(name: str) -> int:
    """The pitch class of a note name such as `F#` or `Bb`: 0 to 11.

    Raises:
        ValueError: it is no note name.
    """
    step = _STEPS.get(name[:1])
    accidentals = name[1:]
    if step is None or accidentals.strip("#b"):
        raise ValueError(f"{name!r} is no note name; write a letter from A to G, then # or b")
    return (step + accidentals.count("#") - accidentals.count("b")) % 12


def chord(name: str) -> Chord:
    """Read a chord symbol such as `Dm7`, `Ebmaj7` or `G/B`.

    Raises:
        ValueError: the root or the quality isn't known.
    """
    match = re.fullmatch(r"([A-G][#b]?)([^/]*)(?:/([A-G][#b]?))?", name)
    if match is None or match[2] not in _QUALITIES:
        raise ValueError(f"{name!r} is no chord known here; known qualities: {', '.join(_QUALITIES)}")
    root = pitch_class(match[1])
    return Chord(root, _QUALITIES[match[2]], pitch_class(match[3]) if match[3] else root)


def bars(text: str) -> list[list[Chord]]:
    """Read bars of chords: `Dm7 G7 | Cmaj7 | %`. A `%` repeats the bar before."""
    result: list[list[Chord]] = []
    for bar in text.split("|"):
        names = bar.split()
        result.append(result[-1] if names == ["%"] else [chord(name) for name in names])
    return result


def frequency(pitch: float) -> float:
    """The frequency in hertz of a MIDI pitch (69 is A4, 440 Hz)."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def nearest(classes: frozenset[int], pitch: int) -> int:
    """The pitch nearest to `pitch` whose class is one of `classes`; the higher of two as near."""
    for distance in range(12):
        for candidate in (pitch + distance, pitch - distance):
            if candidate % 12 in classes:
                return candidate
    return pitch
