"""What every style is told, and what they share: the piece's chords, its chance, its length."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import backing
from .notes import Chord, bars, pitch_class
from .pieces import Piece
from .room import Room
from .score import Note, Part, Score
from .tune import tune


@dataclass
class Ensemble:
    """A piece about to be arranged: one chord a beat in `chords`, `meter` beats a bar."""

    piece: Piece
    meter: int = 4
    chords: list[Chord] = field(init=False)
    chance: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.chords = backing.beats(bars(self.piece.chords) * self.piece.rounds, self.meter)
        self.chance = np.random.default_rng(self.piece.seed)

    @property
    def total(self) -> int:
        """The piece's length in beats."""
        return len(self.chords)

    def score(self, room: Room, *, swing: float = 0.5, drums: float = 6) -> Score:
        """An empty score of the piece's tempo and length, with a bar's rest after the last beat."""
        return Score(self.piece.tempo, self.total + 2.0, swing, room, drums=drums)

    def tune(self, rhythms: dict[str, str], bars: int, low: int, high: int, rest: float = 0.0) -> list[Note]:
        """The piece's melody, in phrases of so many bars."""
        return tune(
            self.chords,
            rhythms=rhythms,
            phrase=bars * self.meter,
            key=pitch_class(self.piece.key),
            scale=self.piece.scale,
            low=low,
            high=high,
            chance=self.chance,
            rest=rest,
        )

    def close(
        self, part: Part, low: int, spread: tuple[int, ...] = (0, 7, 12, 16), loud: float = 0.6
    ) -> None:
        """Let a part end the piece: the tonic's tones over its lowest pitch, rung out."""
        tonic = low + (pitch_class(self.piece.key) - low) % 12
        minor = self.piece.scale in ("minor", "dorian", "minor pentatonic", "blues")
        for step in spread:
            pitch = tonic + (step - 1 if minor and step % 12 == 4 else step)
            part.notes.append(Note(float(self.total), 2.0, pitch, loud))
