"""What accompanies a tune: chords, bass lines, broken chords and drum patterns."""

from __future__ import annotations

import numpy as np

from .notes import Chord, nearest
from .score import Hit, Note


def beats(bars: list[list[Chord]], meter: int) -> list[Chord]:
    """One chord a beat, from bars that share their beats evenly among their chords."""
    result: list[Chord] = []
    for bar in bars:
        for beat in range(meter):
            result.append(bar[beat * len(bar) // meter])
    return result


def voicing(chord: Chord, centre: int, before: list[int]) -> list[int]:
    """The chord's tones as pitches round `centre`, each as near as it can be to the voicing before."""
    around = before or [centre + 3 * number - 4 for number in range(len(chord.tones))]
    pitches: list[int] = []
    for number, tone in enumerate(chord.tones):
        target = (around[number % len(around)] + centre) / 2
        pitch = nearest(frozenset({(chord.root + tone) % 12}), round(target + 0.5))
        while pitch in pitches:
            pitch += 12
        pitches.append(pitch)
    return sorted(pitches)


def comp(
    chords: list[Chord], pattern: str, *, meter: int, centre: int, held: float, loud: float = 0.6
) -> list[Note]:
    """Chords struck where `pattern` has an `x` (or, louder, an `X`); `-` lets them ring on.

    The pattern is spread evenly over one bar or several; `held` is the length in beats of a stroke
    that nothing lengthens.
    """
    notes: list[Note] = []
    before: list[int] = []
    grid = _grid(pattern)
    step = _step(grid, meter)
    for number in range(int(len(chords) / step)):
        mark = grid[number % len(grid)]
        if mark not in "xX":
            continue
        beat = number * step
        ring = 0
        while number + ring + 1 < len(chords) / step and grid[(number + ring + 1) % len(grid)] == "-":
            ring += 1
        before = voicing(chords[int(beat)], centre, before)
        length = min((1 + ring) * step if ring else held, len(chords) - beat)
        for place, pitch in enumerate(before):
            # A hand rolls a chord a little; the top note is heard best.
            gain = loud * (1.15 if mark == "X" else 1.0) * (0.85 + 0.05 * place)
            notes.append(Note(beat, length, pitch, gain))
    return notes


def broken(
    chords: list[Chord], pattern: str, *, meter: int, centre: int, held: float, loud: float = 0.6
) -> list[Note]:
    """Chord tones one after the other: a digit is the tone's number from below, `.` a rest."""
    notes: list[Note] = []
    grid = _grid(pattern)
    step = _step(grid, meter)
    for number in range(int(len(chords) / step)):
        mark = grid[number % len(grid)]
        if mark == ".":
            continue
        beat = number * step
        pitches = voicing(chords[int(beat)], centre, [])
        octave, tone = divmod(int(mark), len(pitches))
        accent = 1.12 if beat == int(beat) else 1.0
        notes.append(Note(beat, held, pitches[tone] + 12 * octave, loud * accent))
    return notes


def bass(chords: list[Chord], pattern: str, *, meter: int, low: int, held: float) -> list[Note]:
    """A bass line: `1` the chord's bass, `3`, `5` and `7` its other tones,
    `8` the octave, `2` a half step below the next chord's."""
    notes: list[Note] = []
    grid = _grid(pattern)
    step = _step(grid, meter)
    for number in range(int(len(chords) / step)):
        mark = grid[number % len(grid)]
        if mark in ".-":
            continue
        beat = number * step
        chord = chords[int(beat)]
        ring = 0
        while grid[(number + ring + 1) % len(grid)] == "-" and ring < len(grid):
            ring += 1
        after = chords[min(int(beat) + 1, len(chords) - 1)]
        pitch = _bass_pitch(mark, chord, after, low)
        length = (1 + ring) * step if ring else held
        notes.append(Note(beat, length, pitch, 0.85 if beat % meter == 0 else 0.75))
    return notes


def walking(chords: list[Chord], *, low: int, chance: np.random.Generator) -> list[Note]:
    """A note a beat: the bass where the chord changes, then chord tones, then a half step into the next."""
    notes: list[Note] = []
    at = low + 6
    for beat, chord in enumerate(chords):
        after = chords[(beat + 1) % len(chords)]
        if beat == 0 or chord != chords[beat - 1]:
            at = nearest(frozenset({chord.bass}), at)
        elif after != chord:
            target = nearest(frozenset({after.bass}), at)
            at = target + (1 if at >= target and chance.random() < 0.6 else -1)
        else:
            at = nearest(chord.classes - {at % 12}, at + int(chance.choice([-4, 3, 4])))
        while at < low:
            at += 12
        while at > low + 17:
            at -= 12
        notes.append(Note(float(beat), 0.92, at, 0.8 + 0.1 * (beat % 2)))
    return notes


def drums(patterns: dict[str, str], *, meter: int, total: int, start: int = 0) -> list[Hit]:
    """Strokes by each drum's pattern: `X` loud, `x` usual, `o` soft, `.` none; silent until bar `start`."""
    hits: list[Hit] = []
    for drum, pattern in patterns.items():
        grid = _grid(pattern)
        step = _step(grid, meter)
        for number in range(int(total / step)):
            loud = {"X": 1.0, "x": 0.7, "o": 0.35}.get(grid[number % len(grid)])
            if loud is not None and number * step >= start * meter:
                hits.append(Hit(number * step, drum, loud))
    return hits


def _bass_pitch(mark: str, chord: Chord, after: Chord, low: int) -> int:
    root = low + (chord.bass - low) % 12
    if mark == "1":
        return root
    if mark == "8":
        return root + 12
    if mark == "2":
        return low + (after.bass - low) % 12 - 1
    fifth = 6 if 6 in chord.tones else 7
    over = {"3": chord.tones[1], "5": fifth, "7": 10}[mark]
    return root + (chord.root + over - root) % 12


def _grid(pattern: str) -> str:
    return pattern.replace(" ", "").replace("|", "")


def _step(grid: str, meter: int) -> float:
    """The length in beats of one mark: a bar has 4, 8 or 16 of them (3, 6 or 12 where it has three beats)."""
    marks = {4: (4, 8, 16), 3: (3, 6, 12)}[meter]
    for count in marks:
        if len(grid) == count:
            return meter / count
    return meter / marks[-1]
