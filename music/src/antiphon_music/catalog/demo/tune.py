"""A tune: the melody that is made up over chords, phrase by phrase."""

from __future__ import annotations

import re

import numpy as np

from .notes import SCALES, Chord, nearest
from .score import Note

_SHORT = 0.92
"""How much of its time a note sounds: players lift their fingers between notes."""

_FORM = "AABA"


def tune(
    chords: list[Chord],
    *,
    rhythms: dict[str, str],
    phrase: int,
    key: int,
    scale: str,
    low: int,
    high: int,
    chance: np.random.Generator,
    rest: float = 0.0,
) -> list[Note]:
    """Make up a melody. `chords` has one chord a beat; `phrase` is a phrase's length in beats.

    `rhythms` has the rhythms of the phrases A and B, spread evenly over a phrase: `x` starts a note, `-`
    holds it, `.` is a rest. Phrases follow the form A A B A: the steps of A come back each time, fitted to
    the chords that sound there. Notes on a beat are tones of the chord, those between are steps of the scale
    (`key` is its tonic's pitch class), and the line stays between `low` and `high` (MIDI pitches). `rest` is
    how often a phrase is left out.
    """
    classes = frozenset((key + step) % 12 for step in SCALES[scale])
    timed = {name: _read(rhythm, phrase) for name, rhythm in rhythms.items()}
    steps = {name: [_step(chance, start) for start, _ in rhythm] for name, rhythm in sorted(timed.items())}
    notes: list[Note] = []
    at = (low + high) // 2
    for number in range(len(chords) // phrase):
        name = _FORM[number % len(_FORM)]
        rhythm = timed[name]
        if number and chance.random() < rest:
            continue
        last = number % 2 == 1
        for position, (start, held) in enumerate(rhythm):
            beat = number * phrase + start
            here = chords[min(int(beat), len(chords) - 1)]
            wanted = at + steps[name][position]
            if wanted < low or wanted > high:
                wanted = at - steps[name][position]
            strong = start == int(start) or held >= 1.5 or position == len(rhythm) - 1
            at = nearest(here.classes if strong else classes | here.classes, wanted)
            if last and position == len(rhythm) - 1:
                at = nearest(frozenset({here.root}), at)
            while at > high:
                at -= 12
            while at < low:
                at += 12
            accent = 0.1 if start == int(start) else 0.0
            notes.append(Note(beat, held, at, 0.72 + accent + 0.08 * float(chance.random())))
    return notes


def _read(rhythm: str, phrase: int) -> list[tuple[float, float]]:
    """When each note starts and how long it is held, in beats from the phrase's start."""
    grid = rhythm.replace(" ", "")
    step = phrase / len(grid)
    return [(match.start() * step, len(match[0]) * step * _SHORT) for match in re.finditer(r"x-*", grid)]


def _step(chance: np.random.Generator, start: float) -> int:
    """How far to the next note, in semitones: mostly a step, now and then a leap at a phrase's start."""
    if start == 0:
        return int(chance.choice([-5, -3, 0, 4, 5, 7]))
    return int(chance.choice([-4, -3, -2, -2, -1, 1, 2, 2, 3, 4]))
