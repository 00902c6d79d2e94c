"""Chord symbols and pitches."""

import pytest

from antiphon_music.catalog.demo.notes import Chord, bars, chord, frequency, nearest, pitch_class


def test_chords_are_read() -> None:
    assert chord("Dm7") == Chord(2, (0, 3, 7, 10), 2)
    assert chord("Bb") == Chord(10, (0, 4, 7), 10)
    assert chord("G/B") == Chord(7, (0, 4, 7), 11)
    assert chord("F#m7b5").classes == {6, 9, 0, 4}


@pytest.mark.parametrize("name", ["H", "Cx", "", "C/H", "m7"])
def test_what_is_no_chord_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"no chord|no note"):
        chord(name)


def test_bars_may_repeat() -> None:
    assert bars("Dm7 G7 | C | %") == [[chord("Dm7"), chord("G7")], [chord("C")], [chord("C")]]


def test_pitches() -> None:
    assert frequency(69) == 440.0
    assert frequency(57) == 220.0
    assert pitch_class("Cb") == 11
    assert nearest(frozenset({0, 4, 7}), 61) == 60
    assert nearest(frozenset({0, 4, 7}), 66) == 67
