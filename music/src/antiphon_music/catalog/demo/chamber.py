"""Played by hand on wood and strings: a prelude, a passacaglia, a folk song."""

from __future__ import annotations

from . import backing
from .ensemble import Ensemble
from .pieces import Piece
from .room import Room
from .score import Part, Score


def prelude(piece: Piece) -> Score:
    """A prelude for piano: broken chords under a slow line."""
    band = Ensemble(piece)
    score = band.score(Room(tail=2.8, level=0.5, tone=4_000))
    right = Part("piano", 0, pan=0.15, wet=0.4)
    right.notes = band.tune(
        {
            "A": "x--- x-x- x--- --x-",
            "B": "x-x- x--x x--- x---",
        },
        bars=2, low=69, high=86,
    )  # fmt: skip
    left = Part("piano", -5, pan=-0.2, wet=0.4)
    left.notes = backing.broken(band.chords, "0121 3121 0121 3121", meter=4, centre=57, held=0.6, loud=0.5)
    low = Part("piano", -4, pan=-0.1, wet=0.35)
    low.notes = backing.bass(band.chords, "1-------", meter=4, low=36, held=3.5)
    band.close(left, 50, (0, 7, 12, 16))
    band.close(low, 38, (0,), 0.8)
    score.parts = [right, left, low]
    return score


def strings(piece: Piece) -> Score:
    """A passacaglia for strings: a ground bass, and voices that enter one after the other."""
    band = Ensemble(piece)
    score = band.score(Room(tail=2.6, level=0.55, tone=4_500))
    quarter = band.total // 4
    violin = Part("strings", 0, pan=-0.3, wet=0.5)
    violin.notes = [
        note
        for note in band.tune(
            {
                "A": "x-x- x--x x-x- x---",
                "B": "xxxx x--- xxx- x---",
            },
            bars=2, low=69, high=84,
        )
        if note.beat >= quarter
    ]  # fmt: skip
    viola = Part("strings", -7, pan=0.1, wet=0.5)
    viola.notes = backing.comp(band.chords, "x--- ---- x--- ----", meter=4, centre=62, held=2.0, loud=0.5)
    harp = Part("harp", -5, pan=0.3, wet=0.5)
    pattern = "0123 4321 0123 4321"
    harp.notes = [
        note
        for note in backing.broken(band.chords, pattern, meter=4, centre=64, held=0.5, loud=0.45)
        if note.beat >= 2 * quarter
    ]
    cello = Part("cello", -2, pan=0.25, wet=0.4)
    cello.notes = backing.bass(band.chords, "1---1-5-", meter=4, low=40, held=1.8)
    band.close(viola, 57, (0, 7, 12, 16))
    band.close(cello, 40, (0,), 0.8)
    score.parts = [violin, viola, harp, cello]
    return score


def fingers(piece: Piece) -> Score:
    """A folk song: two guitars picked with the fingers, a flute, a tambourine."""
    band = Ensemble(piece)
    score = band.score(Room(tail=1.5, level=0.4, tone=5_000), drums=4)
    flute = Part("flute", 0, pan=0.2, wet=0.45)
    flute.notes = band.tune(
        {
            "A": "x-xx x-x- x--x x--.",
            "B": "x--x xxx- x-x- x--.",
        },
        bars=2, low=67, high=84,
    )  # fmt: skip
    guitar = Part("guitar", -2, pan=-0.25, wet=0.3)
    guitar.notes = backing.broken(band.chords, "0213 1203", meter=4, centre=57, held=1.2, loud=0.55)
    second = Part("guitar", -8, pan=0.35, wet=0.3)
    second.notes = backing.comp(band.chords, "x... .xx. ..x. xx..", meter=4, centre=64, held=0.8, loud=0.4)
    bass = Part("double bass", -4, wet=0.1)
    bass.notes = backing.bass(band.chords, "1---5---", meter=4, low=33, held=1.7)
    score.hits = backing.drums(
        {"tambourine": "..x...x.", "soft kick": "x...x..."}, meter=4, total=band.total, start=4
    )
    band.close(guitar, 48, (0, 7, 12, 16, 19))
    band.close(bass, 36, (0,), 0.8)
    score.parts = [flute, guitar, second, bass]
    return score
