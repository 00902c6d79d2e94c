"""A score: who plays what when, in beats; and its sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .drums import drum
from .room import Room
from .voices import sound
from .wave import RATE, Samples


class Note(NamedTuple):
    """One note: its start and its length (in beats), its MIDI pitch, its loudness (0 to 1)."""

    beat: float
    beats: float
    pitch: int
    loud: float


class Hit(NamedTuple):
    """One stroke on a drum: when (in beats), which, and how loud (0 to 1)."""

    beat: float
    drum: str
    loud: float


@dataclass
class Part:
    """What one instrument plays, and where it stands: `pan` from -1 (left) to 1 (right).

    `level` is how loud it is while it plays, in decibels against the piece's leading voice; `wet` how much of
    it goes to the room; `drive` how hard it is pushed into distortion.
    """

    voice: str
    level: float
    pan: float = 0.0
    wet: float = 0.25
    drive: float = 0.0
    notes: list[Note] = field(default_factory=list)


@dataclass
class Score:
    """A whole piece.

    `swing` is where the second half of a beat falls: 0.5 is straight, 0.667 is a triplet. `drums` is the peak
    of the percussion in decibels against the leading voice's mean.
    """

    tempo: float
    beats: float
    swing: float = 0.5
    room: Room = field(default_factory=Room)
    parts: list[Part] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    drums: float = 6.0

    def second(self, beat: float) -> float:
        """When a beat sounds, in seconds from the start."""
        whole, part = divmod(beat, 1.0)
        part = part * 2 * self.swing if part < 0.5 else self.swing + (part - 0.5) * 2 * (1 - self.swing)
        return (whole + part) * 60.0 / self.tempo

    @property
    def seconds(self) -> float:
        """How long it sounds, with the room's last echo."""
        return self.second(self.beats) + self.room.tail

    def render(self, seed: int) -> Samples:
        """Its sound in stereo, shape (2, samples), peaks below 1; the same for the same seed."""
        chance = np.random.default_rng(seed)
        length = int(self.seconds * RATE)
        dry = np.zeros((2, length), dtype=np.float32)
        wet = np.zeros(length, dtype=np.float32)
        for part in self.parts:
            line = np.zeros(length, dtype=np.float32)
            for note in part.notes:
                start = self.second(note.beat)
                # Lengths in steps of a fiftieth of a second, so that equal notes are made once.
                held = max(1, round((self.second(note.beat + note.beats) - start) * 50)) * (RATE // 50)
                # Players are never exactly together: some milliseconds, some decibels.
                late, gain = abs(chance.normal(0, 0.004)), chance.normal(1, 0.04)
                _place(line, sound(part.voice, note.pitch, held), start + late, note.loud * gain)
            if part.drive:
                line = np.tanh(line * np.float32(part.drive / (4 * _loudness(line))))
            line *= np.float32(10 ** (part.level / 20) / _loudness(line))
            _pan(dry, line, part.pan)
            line *= np.float32(part.wet)
            wet += line
        kit = np.zeros(length, dtype=np.float32)
        for hit in self.hits:
            start = self.second(hit.beat) + abs(chance.normal(0, 0.002))
            _place(kit, drum(hit.drum), start, hit.loud * chance.normal(1, 0.06))
        if self.hits:
            kit *= np.float32(10 ** (self.drums / 20) / np.abs(kit).max())
            _pan(dry, kit, 0.05)
            wet += kit * np.float32(0.12)
        return self.room.finish(dry, wet)


def _loudness(line: Samples) -> float:
    """The root mean square of a line where it sounds: rests don't count."""
    blocks = np.square(line[: line.size // 1024 * 1024].reshape(-1, 1024)).mean(axis=1)
    sounding = blocks[blocks > blocks.max() * 1e-3]
    return float(np.sqrt(sounding.mean())) if sounding.size else 1.0


def _place(line: Samples, sound: Samples, start: float, loud: float) -> None:
    at = int(start * RATE)
    piece = sound[: max(0, line.size - at)]
    line[at : at + piece.size] += piece * np.float32(loud)


def _pan(stereo: Samples, line: Samples, pan: float) -> None:
    angle = (pan + 1) * np.pi / 4
    side = line * np.float32(np.cos(angle))
    stereo[0] += side
    stereo[1] += np.multiply(line, np.float32(np.sin(angle)), out=side)
