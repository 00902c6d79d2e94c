"""One transaction of an import: entries become records, those of the catalogue stay where they can."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from antiphon import Connection, Resource, Transaction, errors

from ...naming import key
from ..resources import Album, Artist, Genre, Song
from .entry import AlbumEntry, ArtistEntry, Entry, GenreEntry, Name, Repeated, SongEntry
from .names import Names
from .report import KINDS, Tally

R = TypeVar("R", bound=Resource)


class Known:
    """The names of all artists, albums and genres of a catalogue, and the songs of this import so far.

    `empty` tells that there were no songs when it began, so that none needs to be looked for.
    """

    def __init__(self, connection: Connection) -> None:
        self.artists = Names(((key(artist.name),), artist.id) for artist in connection.select(Artist))
        self.albums = Names(
            ((key(album.title), album.artist_id), album.id) for album in connection.select(Album)
        )
        genres = connection.select(Genre)
        self.genres = Names(((key(genre.name),), genre.id) for genre in genres)
        self.spelling = {genre.id: genre.name for genre in genres}
        self.songs = Names()
        self.empty = connection.count(Song) == 0

    def keep(self) -> None:
        """The transaction is committed."""
        for names in (self.artists, self.albums, self.genres, self.songs):
            names.keep()

    def forget(self) -> None:
        """The transaction is undone."""
        for names in (self.artists, self.albums, self.genres, self.songs):
            names.forget()


@dataclass
class Entering:
    """Enters what a source says, within one transaction; `counts` are what it did."""

    tx: Transaction
    known: Known
    counts: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})

    def enter(self, entry: Entry) -> None:
        """Enter one entry; raises what `Transaction.put` raises."""
        match entry:
            case SongEntry():
                self._song(entry)
            case Repeated():
                self.counts["songs"].unchanged += 1
            case ArtistEntry():
                self._artist(entry.artist)
            case AlbumEntry():
                self._album(entry.album, entry.artist, entry.year)
            case GenreEntry():
                self._genre(entry.name)
            case _:
                pass

    def _song(self, entry: SongEntry) -> None:
        tally = self.counts["songs"]
        if self.known.songs.seen(entry.id):
            tally.unchanged += 1
            return
        artist_ids = [self._artist(artist) for artist in entry.artists]
        album_id = None
        if entry.album:
            # An album that neither has an id nor names an artist is known by the artist of its songs.
            owner = entry.album_artist or (None if entry.album.id else next(iter(entry.artists), None))
            album_id = self._album(entry.album, owner, entry.year)
        song = Song(
            id=entry.id,
            title=entry.title,
            artist=", ".join([artist.name for artist in entry.artists]) or None,
            artist_id=artist_ids[0] if artist_ids else None,
            album=entry.album.name if entry.album else None,
            album_id=album_id,
            genre=self._genre(entry.genre) if entry.genre else None,
            length=entry.length,
            year=entry.year,
            preview=f"/songs/{entry.id}/preview" if entry.audio else None,
        )
        before = None if self.known.empty else self._stored(Song, song.id)
        if before and song.preview is None:
            song.preview = before.preview
        self._put(song, before, tally)
        self.known.songs.note(entry.id, entry.id)

    def _artist(self, name: Name) -> str:
        artists = self.known.artists
        told = name.id or name.name
        if seen := artists.seen(told):
            return seen
        id = artists.id(name)
        self._settle(Artist(id=id, name=name.name), artists, name, self.counts["artists"])
        artists.note(told, id, name.name)
        return id

    def _album(self, name: Name, owner: Name | None, year: int | None) -> str:
        albums = self.known.albums
        told = name.id or (name.name, owner and (owner.id or owner.name))
        if seen := albums.seen(told):
            return seen
        artist_id = self._artist(owner) if owner else None
        id = albums.id(name, artist_id)
        album = Album(
            id=id, title=name.name, artist=owner.name if owner else None, artist_id=artist_id, year=year
        )
        self._settle(album, albums, name, self.counts["albums"])
        albums.note(told, id, name.name, artist_id)
        return id

    def _genre(self, written: str) -> str:
        """The genre's name as the catalogue spells it."""
        genres, tally = self.known.genres, self.counts["genres"]
        if seen := genres.seen(written):
            return self.known.spelling[seen]
        id = genres.id(Name(written))
        if id not in genres and (other := self.tx.find(Genre, name=written)):
            id = other.id  # added by somebody else since the import began
            self.known.spelling[id] = other.name
            tally.unchanged += 1
        elif id in genres:
            tally.unchanged += 1
        else:
            self.known.spelling[id] = self.tx.create(Genre(id=id, name=written)).name
            tally.added += 1
        genres.note(written, id, written)
        return self.known.spelling[id]

    def _settle(self, record: Artist | Album, names: Names, name: Name, tally: Tally) -> None:
        """Write an artist or album, unless it is there and the source has no say in it."""
        if record.id not in names:
            self.tx.create(record)
            tally.added += 1
        elif name.id == record.id:
            self._put(record, self._stored(type(record), record.id), tally)
        else:
            tally.unchanged += 1

    def _put(self, record: Resource, before: Resource | None, tally: Tally) -> None:
        if before is None:
            self.tx.create(record)
            tally.added += 1
        elif self.tx.put(record).revision == before.revision:
            tally.unchanged += 1
        else:
            tally.updated += 1

    def _stored(self, resource: type[R], id: str) -> R | None:
        try:
            return self.tx.get(resource, id)
        except errors.NotFound:
            return None
