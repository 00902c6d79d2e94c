"""Instruments and drums: in tune, bounded, and ending."""

import numpy as np
import pytest

from antiphon_music.catalog.demo.drums import _DRUMS, drum
from antiphon_music.catalog.demo.notes import frequency
from antiphon_music.catalog.demo.voices import VOICES, sound
from antiphon_music.catalog.demo.wave import RATE, Samples


def pitch_of(samples: Samples, near: float) -> float:
    """The strongest frequency within a semitone and a half of `near`, in hertz."""
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), size))
    at = np.fft.rfftfreq(size, 1 / RATE)
    window = (at > near / 1.09) & (at < near * 1.09)
    return float(at[window][spectrum[window].argmax()])


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_each_voice_is_in_tune_and_dies_away(voice: str) -> None:
    for pitch in (45, 57, 69):
        samples = sound(voice, pitch, RATE)
        assert np.isfinite(samples).all()
        assert 0.05 < np.abs(samples).max() < 3
        assert np.abs(samples[-20:]).max() < 0.02
        expected = frequency(pitch)
        assert pitch_of(samples, expected) == pytest.approx(expected, rel=0.009)


@pytest.mark.parametrize("name", sorted(_DRUMS))
def test_each_drum_sounds_and_ends(name: str) -> None:
    samples = drum(name)
    assert np.isfinite(samples).all()
    assert 0.03 < np.abs(samples).max() < 3
    assert np.abs(samples[-20:]).max() < 0.05
    assert samples.size < 2 * RATE


def test_what_was_made_once_is_kept_and_cannot_be_changed() -> None:
    assert sound("piano", 60, 4_800) is sound("piano", 60, 4_800)
    with pytest.raises(ValueError, match="read-only"):
        sound("piano", 60, 4_800)[0] = 1.0
