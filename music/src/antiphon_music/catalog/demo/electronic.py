"""Made with oscillators: house, a night drive, ambient, hip hop."""

from __future__ import annotations

from . import backing
from .ensemble import Ensemble
from .pieces import Piece
from .room import Room
from .score import Hit, Part, Score


def house(piece: Piece) -> Score:
    """House: a kick on each beat, chords against it, a bass between."""
    band = Ensemble(piece)
    score = band.score(Room(tail=1.6, level=0.45, tone=6_500, echo=0.369), drums=12)
    chords = Part("saw", -3, pan=-0.15, wet=0.5)
    chords.notes = backing.comp(band.chords, "..x. ..x. .x.. x.x.", meter=4, centre=64, held=0.22, loud=0.6)
    pad = Part("pad", -8, wet=0.5)
    pad.notes = backing.comp(band.chords, "x--- ---- ---- ----", meter=4, centre=60, held=4.0, loud=0.5)
    lead = Part("bell", -2, pan=0.3, wet=0.7)
    lead.notes = band.tune(
        {
            "A": "x-.x -.x- ..x- --.. ...x -.x- x--- ....",
            "B": "..x- .x-. x--- .... x-.x -.x- --.. ....",
        },
        bars=2, low=69, high=88, rest=0.2,
    )  # fmt: skip
    bass = Part("synth bass", 1, wet=0.03)
    bass.notes = backing.bass(band.chords, "..1. ..18 ..1. .1.8", meter=4, low=33, held=0.22)
    score.hits = backing.drums(
        {"kick": "X.X.X.X.", "open hat": ".x.x.x.x", "hat": "oxox oxox oxox oxox"}, meter=4, total=band.total
    ) + backing.drums({"clap": "..x...x."}, meter=4, total=band.total, start=4)
    band.close(pad, 57, (0, 3, 7, 14), 0.5)
    band.close(bass, 33, (0,), 0.7)
    score.parts = [chords, pad, lead, bass]
    return score


def synthwave(piece: Piece) -> Score:
    """A night drive: running bass, arpeggios, a lead with a long echo, a big snare."""
    band = Ensemble(piece)
    score = band.score(Room(tail=2.2, level=0.5, tone=6_000, echo=0.433), drums=12)
    arpeggio = Part("lead", -5, pan=0.35, wet=0.5)
    arpeggio.notes = backing.broken(
        band.chords, "0123 4321 0123 4543", meter=4, centre=66, held=0.2, loud=0.6
    )
    pad = Part("saw", -6, pan=-0.2, wet=0.6)
    pad.notes = backing.comp(band.chords, "x--- ---- ---- ----", meter=4, centre=60, held=4.0, loud=0.5)
    lead = Part("saw", 0, pan=0.05, wet=0.6)
    lead.notes = [
        note
        for note in band.tune(
            {
                "A": "x--x x--- x-x- x---",
                "B": "x-xx --x- x--- -.x-",
            },
            bars=2, low=65, high=82,
        )
        if note.beat >= 16
    ]  # fmt: skip
    bass = Part("synth bass", 1, wet=0.03)
    bass.notes = backing.bass(band.chords, "1181 1181 1181 1181", meter=4, low=28, held=0.2)
    score.hits = backing.drums(
        {"kick": "X...x.x.", "snare": "..X...X.", "hat": "xoxo xoxo xoxo xoxo"},
        meter=4,
        total=band.total,
        start=2,
    )
    score.hits.append(Hit(float(band.total), "crash", 0.6))
    band.close(pad, 57, (0, 3, 7, 12), 0.5)
    band.close(bass, 28, (0,), 0.7)
    score.parts = [arpeggio, pad, lead, bass]
    return score


def drift(piece: Piece) -> Score:
    """Ambient: slow pads and a choir, single bells far away, no beat."""
    band = Ensemble(piece)
    score = band.score(Room(tail=4.5, level=0.9, tone=3_500, echo=0.83))
    pad = Part("pad", 0, pan=-0.2, wet=0.6)
    pad.notes = backing.comp(band.chords, "x---------------", meter=4, centre=58, held=4.0, loud=0.5)
    choir = Part("choir", -5, pan=0.25, wet=0.8)
    choir.notes = backing.comp(band.chords, "....x-----------", meter=4, centre=67, held=3.0, loud=0.4)
    bell = Part("bell", -4, pan=0.4, wet=1.0)
    bell.notes = band.tune(
        {"A": ".x-. x-.. ...x ---.", "B": "..x- ...x x--- .x-."},
        bars=2, low=70, high=91,
    )  # fmt: skip
    bass = Part("sub bass", -3, wet=0.2)
    bass.notes = backing.bass(band.chords, "1-------", meter=4, low=34, held=4.0)
    score.parts = [pad, choir, bell, bass]
    return score


def lo_fi(piece: Piece) -> Score:
    """Hip hop to do homework by: electric piano, a lazy beat, a soft bass."""
    band = Ensemble(piece)
    score = band.score(Room(tail=1.4, level=0.4, tone=3_200, echo=0.366), swing=0.6, drums=10)
    piano = Part("electric piano", 0, pan=-0.15, wet=0.4)
    piano.notes = backing.comp(band.chords, "x--- --x- ---. x-..", meter=4, centre=60, held=1.0, loud=0.55)
    celesta = Part("celesta", -3, pan=0.3, wet=0.6)
    celesta.notes = band.tune(
        {
            "A": ".xxx -.x- .xx- -...",
            "B": "x-.x x-.. xxxx --..",
        },
        bars=2, low=69, high=86, rest=0.1,
    )  # fmt: skip
    bass = Part("sub bass", 0, wet=0.03, drive=1.2)
    bass.notes = backing.bass(band.chords, "1-...1-. ..1-.5..", meter=4, low=29, held=0.8)
    score.hits = backing.drums(
        {"kick": "X... ..x. .xX. ....", "snare": "..X...X.", "hat": "xoxoxoxo", "shaker": ".o.o.o.o"},
        meter=4, total=band.total, start=1,
    )  # fmt: skip
    band.close(piano, 50, (0, 3, 7, 10, 14), 0.5)
    band.close(bass, 29, (0,), 0.7)
    score.parts = [piano, celesta, bass]
    return score
