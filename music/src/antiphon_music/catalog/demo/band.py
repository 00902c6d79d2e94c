"""Bands: blues, rock, reggae, funk."""

from __future__ import annotations

from . import backing
from .ensemble import Ensemble
from .pieces import Piece
from .room import Room
from .score import Hit, Part, Score

_STUDIO = Room(tail=1.1, level=0.35, tone=6_000)


def shuffle(piece: Piece) -> Score:
    """Twelve bars of blues, shuffled: guitar, organ, bass guitar, a plain kit."""
    band = Ensemble(piece)
    score = band.score(Room(tail=1.3, level=0.4, tone=5_500), swing=0.66, drums=9)
    guitar = Part("guitar", 0, pan=0.2, wet=0.3, drive=1.6)
    guitar.notes = band.tune(
        {
            "A": ".xxx -xx- -..x x-x.",
            "B": "x-xx xx-- x-xx ---.",
        },
        bars=2, low=57, high=76, rest=0.1,
    )  # fmt: skip
    organ = Part("organ", -9, pan=-0.35, wet=0.3)
    organ.notes = backing.comp(band.chords, "x--- ---. ..x. x...", meter=4, centre=61, held=0.45)
    bass = Part("bass guitar", -2, wet=0.08)
    bass.notes = backing.bass(band.chords, "1133 5573", meter=4, low=28, held=0.45)
    score.hits = backing.drums(
        {"hat": "xoxoxoxo", "kick": "X...x.x.", "snare": "..X...X."}, meter=4, total=band.total
    )
    score.hits.append(Hit(float(band.total), "crash", 0.6))
    band.close(organ, 52, (0, 4, 7, 10), 0.5)
    band.close(bass, 28, (0,), 0.8)
    score.parts = [guitar, organ, bass]
    return score


def rock(piece: Piece) -> Score:
    """Fast rock: two distorted guitars left and right, eighths on the bass, a lead on top."""
    band = Ensemble(piece)
    score = band.score(_STUDIO, drums=12)
    left = Part("guitar", -2, pan=-0.75, wet=0.12, drive=5.0)
    left.notes = backing.comp(band.chords, "X.xx x.X. xxX. x.x.", meter=4, centre=48, held=0.3, loud=0.7)
    right = Part("guitar", -2, pan=0.75, wet=0.12, drive=6.0)
    right.notes = backing.comp(band.chords, "X-x. x-X. x-X- x-x-", meter=4, centre=52, held=0.4, loud=0.7)
    lead = Part("guitar", 0, pan=0.1, wet=0.35, drive=6.0)
    lead.notes = band.tune(
        {
            "A": "x-xx -x-- xxx- x---",
            "B": "xxxx x-x- x--x ---.",
        },
        bars=2, low=64, high=81, rest=0.15,
    )  # fmt: skip
    bass = Part("bass guitar", 0, wet=0.04, drive=1.5)
    bass.notes = backing.bass(band.chords, "11111111", meter=4, low=28, held=0.45)
    score.hits = backing.drums(
        {"kick": "X..xX.x.", "snare": "..X...X.", "hat": "xxxxxxxx", "crash": "x" + "." * 127},
        meter=4, total=band.total,
    )  # fmt: skip
    score.hits.append(Hit(float(band.total), "crash", 0.9))
    for part in (left, right):
        band.close(part, 45, (0, 7, 12), 0.8)
    band.close(bass, 28, (0,), 0.8)
    score.parts = [left, right, lead, bass]
    return score


def anthem(piece: Piece) -> Score:
    """Slow rock: piano, strummed guitar, strings that rise, a broad beat."""
    band = Ensemble(piece)
    score = band.score(Room(tail=2.0, level=0.45), drums=10)
    piano = Part("piano", -4, pan=-0.2, wet=0.3)
    piano.notes = backing.comp(band.chords, "x.x.x.x.", meter=4, centre=62, held=0.9, loud=0.5)
    guitar = Part("guitar", -8, pan=0.4, wet=0.25, drive=1.4)
    guitar.notes = backing.comp(band.chords, "X... x.x. X.x. x.x.", meter=4, centre=57, held=0.7, loud=0.5)
    violin = Part("strings", -7, pan=0.15, wet=0.5)
    violin.notes = [
        note
        for note in backing.comp(band.chords, "x--- ----", meter=4, centre=67, held=4.0, loud=0.5)
        if note.beat >= band.total / 2
    ]
    lead = Part("guitar", 0, pan=0.0, wet=0.45, drive=4.0)
    lead.notes = band.tune(
        {
            "A": "x--x x--- x-x- x---",
            "B": "x-x- x-x- x--- x---",
        },
        bars=2, low=66, high=81,
    )  # fmt: skip
    bass = Part("bass guitar", -1, wet=0.04)
    bass.notes = backing.bass(band.chords, "1--11-.1", meter=4, low=28, held=0.9)
    score.hits = backing.drums(
        {"kick": "X..x.x..", "snare": "..X...X.", "hat": "xxxxxxxx"}, meter=4, total=band.total, start=2
    )
    score.hits.append(Hit(float(band.total), "crash", 0.7))
    band.close(piano, 43, (0, 7, 12, 16))
    band.close(bass, 31, (0,), 0.8)
    score.parts = [piano, guitar, violin, lead, bass]
    return score


def one_drop(piece: Piece) -> Score:
    """Reggae: nothing on one, everything on three; guitar and organ between the beats."""
    band = Ensemble(piece)
    score = band.score(Room(tail=1.6, level=0.45, tone=4_500, echo=0.577), swing=0.56, drums=9)
    guitar = Part("muted guitar", -4, pan=0.3, wet=0.4)
    guitar.notes = backing.comp(band.chords, "..X. ..X. ..X. ..X.", meter=4, centre=64, held=0.18, loud=0.7)
    organ = Part("organ", -9, pan=-0.35, wet=0.3)
    organ.notes = backing.comp(band.chords, ".xx. .xx. .xx. .xx.", meter=4, centre=60, held=0.2, loud=0.6)
    lead = Part("saxophone", -2, pan=0.05, wet=0.5)
    lead.notes = band.tune(
        {
            "A": "x-.x x-x- x--- ....",
            "B": ".xxx -x-. xxx- --..",
        },
        bars=2, low=60, high=76, rest=0.15,
    )  # fmt: skip
    bass = Part("sub bass", 2, wet=0.04, drive=1.3)
    bass.notes = backing.bass(band.chords, "..1. 1.3. 5.5. ..1.", meter=4, low=31, held=0.42)
    score.hits = backing.drums(
        {"kick": "....X...", "rim": "....X...", "hat": "x.xo x.xo x.xo x.xo", "open hat": ".......o"},
        meter=4, total=band.total,
    )  # fmt: skip
    score.hits += [Hit(beat, "tom", 0.5) for beat in (0.0, 0.5)]
    band.close(organ, 55, (0, 4, 7, 12), 0.5)
    band.close(bass, 31, (0,), 0.8)
    score.parts = [guitar, organ, lead, bass]
    return score


def funk(piece: Piece) -> Score:
    """Funk: sixteenths on a muted guitar, a bass that jumps, horns that answer."""
    band = Ensemble(piece)
    score = band.score(_STUDIO, swing=0.52, drums=11)
    guitar = Part("muted guitar", -5, pan=0.4, wet=0.2)
    guitar.notes = backing.comp(band.chords, "x.xx .xx. X.xx .xX.", meter=4, centre=67, held=0.14, loud=0.6)
    horns = Part("saxophone", -4, pan=-0.25, wet=0.35)
    horns.notes = [
        note
        for note in backing.comp(
            band.chords, ".... ..X. .... ....|.... ..x. .X.. x--.", meter=4, centre=64, held=0.25
        )
        if note.beat >= 16
    ]
    lead = Part("organ", -2, pan=-0.1, wet=0.35)
    lead.notes = band.tune(
        {
            "A": "x..x ..x- --.. x-.. ..x- .x.. x--- -...",
            "B": "..xx x-.. ..x- --.. x..x ..x- ---- ....",
        },
        bars=2, low=64, high=80, rest=0.15,
    )  # fmt: skip
    bass = Part("bass guitar", 1, wet=0.04, drive=1.4)
    bass.notes = backing.bass(band.chords, "1..1 ..8. .71. 5.7.", meter=4, low=28, held=0.22)
    score.hits = backing.drums(
        {
            "kick": "X..x ..x. ..X. .x..",
            "snare": ".... X..o .o.. X..o",
            "hat": "xoxo xoxo xoxo xoxo",
            "conga": ".... ..x. ...x .x..",
        },
        meter=4, total=band.total,
    )  # fmt: skip
    score.hits.append(Hit(float(band.total), "crash", 0.6))
    band.close(guitar, 52, (0, 3, 7, 10), 0.6)
    band.close(bass, 28, (0,), 0.8)
    score.parts = [guitar, horns, lead, bass]
    return score
