"""Audio files for tests, written for real."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from antiphon_music.catalog.audio.encode import RATE, Sound, encode, whole_file
from antiphon_music.catalog.audio.format import OPUS, Format
from antiphon_music.catalog.audio.tags import write_opus_tags


def tone(seconds: float, hertz: float = 440.0) -> Sound:
    """A sine, in stereo."""
    at = np.arange(int(seconds * RATE), dtype=np.float32) / RATE
    return np.stack([0.4 * np.sin(2 * np.pi * hertz * at)] * 2).astype(np.float32)


def write_tone(
    path: Path, seconds: float = 2.0, form: Format = OPUS, tags: Mapping[str, str] | None = None
) -> Path:
    """A sine in a file; `tags` only for Ogg Opus."""
    sound = tone(seconds)
    with whole_file(path) as target:
        encode((sound[:, at : at + RATE] for at in range(0, sound.shape[1], RATE)), target, form)
    if tags:
        write_opus_tags(path, tags)
    return path
