"""Jazz: swing, a ballad, a waltz, bossa nova."""

from __future__ import annotations

from . import backing
from .ensemble import Ensemble
from .pieces import Piece
from .room import Room
from .score import Hit, Part, Score

_CLUB = Room(tail=1.3, level=0.4, tone=5_500)


def swing(piece: Piece) -> Score:
    """A jazz trio with a saxophone: walking bass, ride cymbal, triplet swing."""
    band = Ensemble(piece)
    score = band.score(_CLUB, swing=0.64, drums=6)
    saxophone = Part("saxophone", 0, pan=0.1, wet=0.35)
    saxophone.notes = band.tune(
        {
            "A": "xx-x x--. .xxx -x-.",
            "B": ".xxx xx-. x-x- x--.",
        },
        bars=2, low=58, high=77,
    )  # fmt: skip
    piano = Part("piano", -7, pan=-0.35, wet=0.3)
    piano.notes = backing.comp(
        band.chords, "x..x .... .x.. x...|.x.. ..x. x... ....", meter=4, centre=62, held=0.4
    )
    bass = Part("double bass", -2, pan=0.05, wet=0.1)
    bass.notes = backing.walking(band.chords, low=33, chance=band.chance)
    score.hits = backing.drums(
        {"ride": "x.Xxx.Xx", "hat": "..x...x.", "soft kick": "o...o...", "brush": "..o...o."},
        meter=4,
        total=band.total,
    )
    score.hits.append(Hit(float(band.total), "crash", 0.5))
    band.close(piano, 48, (0, 4, 9, 11, 14))
    band.close(bass, 33, (0,), 0.8)
    score.parts = [saxophone, piano, bass]
    return score


def ballad(piece: Piece) -> Score:
    """A slow jazz ballad: vibraphone over piano, bass and brushes."""
    band = Ensemble(piece)
    score = band.score(Room(tail=2.6, level=0.55, tone=4_500), swing=0.6, drums=3)
    vibraphone = Part("vibraphone", 0, pan=0.2, wet=0.5)
    vibraphone.notes = band.tune(
        {
            "A": "x--x x-x- x--- -.xx",
            "B": ".xxx --x- x--x x---",
        },
        bars=2, low=62, high=82,
    )  # fmt: skip
    piano = Part("piano", -6, pan=-0.3, wet=0.4)
    piano.notes = backing.comp(band.chords, "x--- --.. x--- ---.", meter=4, centre=58, held=1.5, loud=0.5)
    bass = Part("double bass", -3, wet=0.15)
    bass.notes = backing.bass(band.chords, "1-.5 1-.2", meter=4, low=33, held=0.9)
    score.hits = backing.drums(
        {"brush": "o.X.o.X.", "ride": "o...o.o.", "soft kick": "o......."}, meter=4, total=band.total
    )
    band.close(piano, 45, (0, 7, 11, 16, 19))
    band.close(bass, 33, (0,), 0.8)
    score.parts = [vibraphone, piano, bass]
    return score


def jazz_waltz(piece: Piece) -> Score:
    """Jazz in three: clarinet, electric piano, a bass in one, brushes."""
    band = Ensemble(piece, meter=3)
    score = band.score(_CLUB, swing=0.62, drums=5)
    clarinet = Part("clarinet", 0, pan=0.15, wet=0.4)
    clarinet.notes = band.tune(
        {
            "A": "x--x x-x- x-xx x--- -..x xx-.",
            "B": "xxx- -xx- --.. x-x- x-x- ---.",
        },
        bars=4, low=60, high=80,
    )  # fmt: skip
    piano = Part("electric piano", -6, pan=-0.3, wet=0.35)
    piano.notes = backing.comp(band.chords, ".. x- x. | .. .x -.", meter=3, centre=62, held=0.5)
    bass = Part("double bass", -2, wet=0.1)
    bass.notes = backing.bass(band.chords, "1--.5.", meter=3, low=33, held=0.9)
    score.hits = backing.drums(
        {"ride": "x..xxx", "hat": "..x...", "brush": "....x.", "soft kick": "o....."},
        meter=3,
        total=band.total,
    )
    band.close(piano, 48, (0, 4, 11, 14))
    band.close(bass, 33, (0,), 0.8)
    score.parts = [clarinet, piano, bass]
    return score


def bossa_nova(piece: Piece) -> Score:
    """Bossa nova: nylon strings in the old clave, a flute, shaker and rim."""
    band = Ensemble(piece)
    score = band.score(_CLUB, drums=4)
    flute = Part("flute", 0, pan=0.2, wet=0.45)
    flute.notes = band.tune(
        {
            "A": "x--x -x-- .xxx -x--",
            "B": ".x-x -x-x --xx x---",
        },
        bars=2, low=66, high=83,
    )  # fmt: skip
    guitar = Part("guitar", -4, pan=-0.2, wet=0.3)
    guitar.notes = backing.comp(
        band.chords, "X..x ..x. ..x. .x..|X..x ..x. .x.. x...", meter=4, centre=60, held=0.5
    )
    bass = Part("double bass", -2, wet=0.1)
    bass.notes = backing.bass(band.chords, "1-.5 5-.1", meter=4, low=33, held=0.9)
    score.hits = backing.drums(
        {"shaker": "xoxo xoxo xoxo xoxo", "rim": "x..x ..x. ..x. x...", "soft kick": "x..xx..x"},
        meter=4,
        total=band.total,
    )
    band.close(guitar, 50, (0, 7, 11, 16))
    band.close(bass, 38, (0,), 0.8)
    score.parts = [flute, guitar, bass]
    return score
