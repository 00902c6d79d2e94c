"""What a source says: songs, and what it knows of artists, albums and genres besides."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class Name(Struct, frozen=True, gc=False):
    """An artist or an album as a source names it.

    If the source has an id for it, `id` is made from that, and begins with `source` and a hyphen.
    """

    name: str
    id: str | None = None
    source: str = ""


class ArtistEntry(Struct, frozen=True, gc=False):
    """An artist that a source lists for itself."""

    artist: Name


class AlbumEntry(Struct, frozen=True, gc=False):
    """An album that a source lists for itself."""

    album: Name
    artist: Name | None = None
    year: int | None = None


class GenreEntry(Struct, frozen=True, gc=False):
    """A genre that a source lists for itself."""

    name: str


class SongEntry(Struct, frozen=True, gc=False):
    """A song. `place` says where in the source it stands, `length` is in seconds, `audio` its file if any.

    `artists` are in the source's order. A second entry with the same `id` is the same song again.
    """

    place: str
    id: str
    title: str
    artists: tuple[Name, ...] = ()
    album: Name | None = None
    album_artist: Name | None = None
    genre: str | None = None
    length: float | None = None
    year: int | None = None
    audio: Path | None = None


class Repeated(Struct, frozen=True, gc=False):
    """A song that the source has listed before."""

    place: str
    id: str


class Refused(Struct, frozen=True, gc=False):
    """A row that cannot be used: where it stands, and why."""

    place: str
    reason: str


class Notice(Struct, frozen=True, gc=False):
    """Something about a row that is used all the same, without the value at fault or with it repaired."""

    place: str
    text: str


Entry = ArtistEntry | AlbumEntry | GenreEntry | SongEntry | Repeated | Refused | Notice
