"""Melodies: in range, in key, in form, the same for the same seed."""

import numpy as np

from antiphon_music.catalog.demo.backing import beats
from antiphon_music.catalog.demo.notes import SCALES, bars
from antiphon_music.catalog.demo.score import Note
from antiphon_music.catalog.demo.tune import tune

CHORDS = beats(bars("C | Am | F | G") * 4, 4)
RHYTHMS = {"A": "x-x- x--- x-x- x---", "B": "xxxx x--- .xxx x---"}


def made(seed: int) -> list[Note]:
    return tune(
        CHORDS,
        rhythms=RHYTHMS,
        phrase=8,
        key=0,
        scale="major",
        low=60,
        high=79,
        chance=np.random.default_rng(seed),
    )


def test_it_stays_in_its_range_and_key() -> None:
    notes = made(1)
    assert all(60 <= note.pitch <= 79 for note in notes)
    assert {note.pitch % 12 for note in notes} <= set(SCALES["major"])


def test_notes_on_a_beat_belong_to_the_chord() -> None:
    for note in made(2):
        if note.beat == int(note.beat):
            assert note.pitch % 12 in CHORDS[int(note.beat)].classes


def test_its_phrases_follow_the_form() -> None:
    def starts(phrase: int) -> list[float]:
        return [note.beat - 8 * phrase for note in made(3) if note.beat // 8 == phrase]

    assert starts(0) == starts(1) == starts(3)
    assert starts(2) != starts(0)


def test_the_same_seed_gives_the_same_tune_and_another_another() -> None:
    assert made(4) == made(4)
    assert [note.pitch for note in made(4)] != [note.pitch for note in made(5)]
