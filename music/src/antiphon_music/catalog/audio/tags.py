"""Tags of audio files, in any format that mutagen knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import mutagen
from msgspec import Struct
from mutagen.oggopus import OggOpus

SUFFIXES = frozenset({
    ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".ape", ".asf", ".dff", ".dsf", ".flac", ".m4a", ".m4b", ".mp2",
    ".mp3", ".mp4", ".mpc", ".oga", ".ofr", ".ogg", ".opus", ".spx", ".tak", ".tta", ".wav", ".wma", ".wv",
})  # fmt: skip
"""Suffixes of files that are meant to be audio, so that one that cannot be read is worth a word."""

# The names that a tag goes by: Vorbis comments and mutagen's easy names, ID3 frames, ASF, APEv2.
_NAMES = {
    "title": ("title", "TIT2", "\xa9nam"),
    "artist": ("artist", "TPE1", "author", "\xa9ART"),
    "album": ("album", "TALB", "WM/AlbumTitle", "\xa9alb"),
    "album_artist": ("albumartist", "album artist", "TPE2", "WM/AlbumArtist", "aART"),
    "genre": ("genre", "TCON", "WM/Genre", "\xa9gen"),
    "date": ("date", "originaldate", "TDRC", "TYER", "year", "WM/Year", "\xa9day"),
    "track": ("tracknumber", "track", "TRCK", "WM/TrackNumber", "trkn"),
    "disc": ("discnumber", "disc", "TPOS", "WM/PartOfSet", "disk"),
}


class Unreadable(Exception):
    """A file that is no audio that can be read; the message says why."""


class Tags(Struct, frozen=True):
    """What an audio file says of itself; `length` in seconds, texts as they are written."""

    title: str = ""
    artists: tuple[str, ...] = ()
    album: str = ""
    album_artist: str = ""
    genre: str = ""
    date: str = ""
    track: int | None = None
    disc: int | None = None
    length: float | None = None


def read_tags(path: Path) -> Tags | None:
    """The tags of an audio file; None for a file that isn't meant to be audio.

    Raises:
        Unreadable: it should be audio by its suffix or its first bytes, and cannot be read.
    """
    try:
        file = mutagen.File(path, easy=True)
    except Exception as error:  # a broken file makes mutagen's parsers raise whatever they stumble over
        raise Unreadable(f"{type(error).__name__}: {error}") from None
    if file is None:
        if path.suffix.lower() in SUFFIXES:
            raise Unreadable("its first bytes are those of no audio format that is known")
        return None
    found: Mapping[str, Any] = {} if file.tags is None else _lower(file.tags)
    length = getattr(file.info, "length", None)
    return Tags(
        title=_first(found, "title"),
        artists=tuple(_all(found, "artist")),
        album=_first(found, "album"),
        album_artist=_first(found, "album_artist"),
        genre=_first(found, "genre"),
        date=_first(found, "date"),
        track=_number(_first(found, "track")),
        disc=_number(_first(found, "disc")),
        length=round(length, 3) if length and length > 0 else None,
    )


def write_opus_tags(path: Path, tags: Mapping[str, str]) -> None:
    """Put Vorbis comments into an Ogg Opus file, in place."""
    file = OggOpus(path)  # type: ignore[no-untyped-call]
    for name, value in tags.items():
        file[name] = value
    file.save()


def _lower(tags: Any) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in dict(tags).items()}


def _first(found: Mapping[str, Any], tag: str) -> str:
    return next(iter(_all(found, tag)), "")


def _all(found: Mapping[str, Any], tag: str) -> Iterable[str]:
    """The texts of a tag, under whichever of its names comes first."""
    for name in _NAMES[tag]:
        value = found.get(name.lower())
        if value is not None:
            texts = [text for part in _parts(value) if (text := _text(part))]
            if texts:
                return texts
    return ()


def _parts(value: Any) -> Iterable[Any]:
    genres = getattr(value, "genres", None)  # an ID3 frame spells out numbers such as (17)
    if genres is not None:
        return list(genres)
    if isinstance(value, (list, tuple)):
        return value
    texts = getattr(value, "text", None)
    return texts if isinstance(texts, list) else [value]


def _text(part: Any) -> str:
    if isinstance(part, tuple):  # MP4 has (track, of how many)
        part = part[0] if part else ""
    return str(part).replace("\x00", "").strip()


def _number(text: str) -> int | None:
    match = re.match(r"\d{1,6}", text)
    return int(match[0]) if match else None
