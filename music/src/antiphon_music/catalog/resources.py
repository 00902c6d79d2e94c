"""What the catalogue holds: songs, albums, artists and genres."""

from __future__ import annotations

from antiphon import Access, Ref, Resource, anyone, field, role

EDITORS = role("editor")
CURATED = Access(read=anyone, create=EDITORS, update=EDITORS, delete=EDITORS)
"""Everyone reads the catalogue; editors write it."""


class Genre(Resource, paths=("/genres", "/genre")):
    """A kind of music. Names are told apart with case and accents folded: there is one Jazz."""

    name: str = field(min_length=1, max_length=200, folded=True, unique=True, example="Jazz")

    access = CURATED


class Artist(Resource, path="/artists"):
    """Who made music: a person or a group. Two artists may have one name."""

    name: str = field(min_length=1, max_length=2000, folded=True, index=True, example="Tobble Wick Trio")

    access = CURATED


class Album(Resource, path="/albums"):
    """Songs that came out together. `artist` is null where there are several, or none is known."""

    title: str = field(min_length=1, max_length=2000, folded=True, index=True, example="Candle Hours")
    artist: str | None = field(default=None, max_length=2000, folded=True)
    artist_id: Ref[Artist] | None = field(default=None)
    year: int | None = field(default=None, ge=1000, le=2999, index=True, example=2021)

    access = CURATED


class Song(Resource, path="/songs"):
    """A piece of music. `artist` and `album` are copies of the names that `artist_id` and `album_id` lead to.

    `artist` names all who take part; `artist_id` is the first of them.
    """

    title: str = field(
        min_length=1, max_length=500, folded=True, index=True, example="Second Set at the Lantern"
    )
    artist: str | None = field(default=None, max_length=2000, folded=True, index=True)
    artist_id: Ref[Artist] | None = field(default=None)
    album: str | None = field(default=None, max_length=2000, folded=True, index=True)
    album_id: Ref[Album] | None = field(default=None)
    genre: str | None = field(default=None, max_length=200, folded=True, index=True, example="Jazz")
    length: float | None = field(default=None, ge=0, unit="s", index=True, example=40.0)
    year: int | None = field(default=None, ge=1000, le=2999, index=True, example=2021)
    preview: str | None = field(
        default=None,
        max_length=200,
        description="Where 30 seconds of it can be heard; null without audio.",
        example="/songs/second-set-at-the-lantern-3f2a91c04d/preview",
    )

    access = CURATED
