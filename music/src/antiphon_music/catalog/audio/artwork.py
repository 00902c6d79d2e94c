"""Artwork: the picture that an audio file carries."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import Picture

LARGEST = 4 << 20
"""A picture of more bytes is no cover for a page."""
_SIGNS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))
_FRONT = 3
"""The kind of picture that is a front cover (ID3v2.4, 4.14)."""


def embedded_picture(path: Path) -> tuple[bytes, str] | None:
    """The picture in an audio file, the front cover first, and its media type by its own first bytes.

    None if there is none that a page can show, or the file cannot be read.
    """
    try:
        file = mutagen.File(path)
        found = [] if file is None else sorted(_pictures(file), key=lambda each: each[0] != _FRONT)
    except Exception:  # a broken file makes mutagen's parsers raise whatever they stumble over
        return None
    for _, data in found:
        kind = next((kind for sign, kind in _SIGNS if data.startswith(sign)), None)
        if kind is None and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            kind = "image/webp"
        if kind is not None and len(data) <= LARGEST:
            return data, kind
    return None


def _pictures(file: Any) -> Iterator[tuple[int, bytes]]:
    """What each format calls a picture: FLAC's blocks, ID3's frames, MP4's atoms, Vorbis comments."""
    for picture in getattr(file, "pictures", ()):
        yield picture.type, picture.data
    for name, value in dict(file.tags or {}).items():
        if name.startswith("APIC"):
            yield value.type, value.data
        elif name == "covr":
            yield from ((_FRONT, bytes(each)) for each in value)
        elif name.lower() == "metadata_block_picture":
            for text in value:
                try:
                    block = Picture(base64.b64decode(text))  # type: ignore[no-untyped-call]
                except binascii.Error:
                    continue
                yield block.type, block.data
