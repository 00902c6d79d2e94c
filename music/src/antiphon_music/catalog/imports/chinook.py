"""`music import chinook`: the tables of the Chinook sample database, as its JSON file has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from ...naming import source_id
from .entry import AlbumEntry, ArtistEntry, Entry, GenreEntry, Name, Refused, SongEntry
from .table import Unusable


class _Artist(Struct, rename="pascal"):
    artist_id: int
    name: str | None = None


class _Album(Struct, rename="pascal"):
    album_id: int
    title: str
    artist_id: int


class _Genre(Struct, rename="pascal"):
    genre_id: int
    name: str | None = None


class _Track(Struct, rename="pascal"):
    track_id: int
    name: str
    album_id: int | None = None
    genre_id: int | None = None
    milliseconds: int | None = None


class _Tables(Struct, rename="pascal"):
    artist: list[_Artist]
    album: list[_Album]
    genre: list[_Genre]
    track: list[_Track]


class Chinook:
    """Chinook's artists, albums, genres and tracks. It has no years, and its invoices are no plays.

    Raises:
        Unusable: the file isn't there, isn't JSON, or lacks one of the tables.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._tables = msgspec.json.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), type=_Tables)
        except OSError as error:
            raise Unusable(f"{path} cannot be read: {error.strerror}.") from None
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Unusable(
                f"{path} isn't Chinook's JSON: {error}. Give its ChinookData.json, "
                "an object with the tables Artist, Album, Genre and Track."
            ) from None

    def size(self) -> int:
        """How many rows there are to take."""
        tables = self._tables
        return len(tables.artist) + len(tables.album) + len(tables.genre) + len(tables.track)

    def entries(self, advance: Callable[[int], None]) -> Iterator[Entry]:
        """All rows, those first that others refer to."""
        for count, entry in enumerate(self._entries(), start=1):
            yield entry
            advance(count)

    def _entries(self) -> Iterator[Entry]:
        tables = self._tables
        genres = {genre.genre_id: genre.name for genre in tables.genre if genre.name}
        artists = {
            artist.artist_id: _name("artist", artist.artist_id, artist.name) for artist in tables.artist
        }
        albums = {album.album_id: album for album in tables.album}
        yield from (GenreEntry(name) for name in genres.values())
        yield from (ArtistEntry(artist) for artist in artists.values() if artist)
        for album in tables.album:
            yield AlbumEntry(
                Name(album.title, source_id("chinook-album", str(album.album_id)), "chinook-album"),
                artists.get(album.artist_id),
            )
        for track in tables.track:
            place = f"{self._path.name}, Track {track.track_id}"
            if not track.name.strip():
                yield Refused(place, "has no name")
                continue
            if track.album_id is not None and track.album_id not in albums:
                yield Refused(place, f"refers to Album {track.album_id}, which isn't there")
                continue
            if track.genre_id is not None and track.genre_id not in genres:
                yield Refused(place, f"refers to Genre {track.genre_id}, which isn't there")
                continue
            of = albums.get(track.album_id) if track.album_id is not None else None
            artist = artists.get(of.artist_id) if of else None
            yield SongEntry(
                place,
                source_id("chinook-track", str(track.track_id)),
                track.name.strip(),
                (artist,) if artist else (),
                _name("album", of.album_id, of.title) if of else None,
                artist,
                genres.get(track.genre_id) if track.genre_id is not None else None,
                None if track.milliseconds is None else track.milliseconds / 1000,
            )


def _name(table: str, id: int, name: str | None) -> Name | None:
    source = f"chinook-{table}"
    return Name(name.strip(), source_id(source, str(id)), source) if name and name.strip() else None
