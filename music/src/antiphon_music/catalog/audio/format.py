"""The formats that previews and the demo library are written in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A container with a codec: its media type for HTTP, its file suffix, what PyAV calls its parts.

    `sample` is the layout of samples that the encoder takes, `options` are the encoder's own.
    """

    name: str
    media_type: str
    suffix: str
    container: str
    codec: str
    sample: str
    bit_rate: int
    options: tuple[tuple[str, str], ...] = ()


OPUS = Format(
    "Ogg Opus", "audio/ogg", ".opus", "ogg", "libopus", "flt", 112_000, (("compression_level", "3"),)
)
MP3 = Format("MP3", "audio/mpeg", ".mp3", "mp3", "libmp3lame", "fltp", 128_000, (("compression_level", "8"),))

FORMATS = (OPUS, MP3)
"""All that a preview is offered in, the preferred one first."""
