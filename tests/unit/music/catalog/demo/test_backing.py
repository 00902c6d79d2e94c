"""Accompaniment: what plays when, and within which bounds."""

import numpy as np

from antiphon_music.catalog.demo import backing
from antiphon_music.catalog.demo.notes import bars, chord

CHORDS = backing.beats(bars("Dm7 G7 | Cmaj7"), 4)


def test_bars_share_their_beats() -> None:
    assert [chord("Dm7")] * 2 + [chord("G7")] * 2 + [chord("Cmaj7")] * 4 == CHORDS


def test_comp_strikes_where_the_pattern_says_and_holds_where_it_says() -> None:
    notes = backing.comp(CHORDS, "x-.x", meter=4, centre=60, held=0.5)
    assert sorted({(note.beat, note.beats) for note in notes}) == [
        (0.0, 2.0),
        (3.0, 0.5),
        (4.0, 2.0),
        (7.0, 0.5),
    ]
    first = {note.pitch % 12 for note in notes if note.beat == 0}
    assert first == chord("Dm7").classes


def test_voicings_stay_near_their_centre_and_move_little() -> None:
    before: list[int] = []
    for symbol in ("Dm7", "G7", "Cmaj7", "A7", "Dm7", "G7") * 4:
        after = backing.voicing(chord(symbol), 60, before)
        assert {pitch % 12 for pitch in after} == chord(symbol).classes
        assert all(45 < pitch < 80 for pitch in after)
        before = after


def test_a_walking_bass_has_a_note_a_beat_within_its_range_and_roots_at_changes() -> None:
    notes = backing.walking(CHORDS * 8, low=33, chance=np.random.default_rng(1))
    assert [note.beat for note in notes] == [float(beat) for beat in range(64)]
    assert all(33 <= note.pitch <= 50 for note in notes)
    assert [note.pitch % 12 for note in notes[:8] if note.beat in (0, 2, 4)] == [2, 7, 0]


def test_a_bass_line_follows_its_pattern() -> None:
    notes = backing.bass(CHORDS[4:], "1.5.8.3.", meter=4, low=36, held=0.4)
    assert [note.pitch for note in notes] == [36, 43, 48, 40]


def test_drums_follow_their_patterns() -> None:
    hits = backing.drums({"kick": "X..o", "hat": "x.x."}, meter=4, total=8, start=1)
    assert [(hit.beat, hit.drum, hit.loud) for hit in hits] == [
        (4.0, "kick", 1.0), (7.0, "kick", 0.35), (4.0, "hat", 0.7), (6.0, "hat", 0.7),
    ]  # fmt: skip
