"""The demo pieces: enough of them, of the length and loudness that they should have, the same each time."""

import numpy as np
import pytest

from antiphon_music.catalog.demo.pieces import PIECES, Piece
from antiphon_music.catalog.demo.styles import STYLES
from antiphon_music.catalog.demo.wave import RATE


def test_there_are_enough_in_enough_genres_with_jazz_among_them() -> None:
    genres = {piece.genre for piece in PIECES}
    assert len(PIECES) >= 12
    assert len(genres) >= 6
    assert "Jazz" in genres
    assert len({(piece.artist, piece.title) for piece in PIECES}) == len(PIECES)
    assert {piece.style for piece in PIECES} == set(STYLES)


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.title)
def test_each_is_scored_for_half_a_minute_or_a_little_more(piece: Piece) -> None:
    score = STYLES[piece.style](piece)
    assert 30 <= score.seconds <= 46
    assert all(part.notes for part in score.parts)
    assert all(
        0 <= note.beat <= score.beats and note.beats > 0 for part in score.parts for note in part.notes
    )
    assert all(24 <= note.pitch <= 100 for part in score.parts for note in part.notes)


@pytest.mark.parametrize("style", ["swing", "rock", "drift"])
def test_it_sounds_well_measured_and_ends_in_silence(style: str) -> None:
    piece = next(piece for piece in PIECES if piece.style == style)
    sound = STYLES[style](piece).render(piece.seed)
    assert sound.shape[0] == 2
    assert sound.shape[1] / RATE == pytest.approx(STYLES[style](piece).seconds, abs=0.01)
    assert np.isfinite(sound).all()
    assert 0.3 < np.abs(sound).max() < 0.95
    assert 0.1 < float(np.sqrt((sound**2).mean())) < 0.16
    assert np.abs(sound[:, -100:]).max() < 1e-3
    seconds = sound[:, : sound.shape[1] // RATE * RATE].reshape(2, -1, RATE)
    assert float(np.sqrt((seconds[:, 1:-4] ** 2).mean(axis=(0, 2))).min()) > 0.01, "a second without music"


def test_the_same_piece_sounds_the_same_each_time() -> None:
    piece = next(piece for piece in PIECES if piece.style == "one drop")
    first, second = (STYLES["one drop"](piece).render(piece.seed) for _ in range(2))
    assert np.array_equal(first, second)
