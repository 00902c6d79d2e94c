"""Counting: what is played, and what the catalogue says of it, as they are told; in whatever order."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from antiphon import Change, Transaction, react

from . import windows
from .publishing import announce
from .records import id_of, stored
from .resources import AlbumName, ArtistName, Count, Facts, TopAlbum, TopArtist, Track


class Play(Struct):
    """What is to be known of a play."""

    song_id: str
    at: datetime | None = None


class Artist(Struct):
    """What is to be known of an artist."""

    name: str


class Album(Struct):
    """What is to be known of an album."""

    title: str
    artist: str | None = None
    artist_id: str | None = None


@react(to="social/plays", key="song_id")
def count_plays(change: Change[Play], tx: Transaction) -> None:
    """Count a play in its hour; one that is taken back counts no more."""
    now = windows.hour_of(tx.now)
    for play, number in ((change.before, -1), (change.after, 1)):
        if play is not None:
            _count(tx, play.song_id, windows.bucket(play.at, now), number)
    announce(tx)


@react(to="catalog/songs")
def know_songs(change: Change[Facts], tx: Transaction) -> None:
    """Keep what a song is; if it was played, the charts are to say so."""
    song = change.after
    found = stored(tx, Track, change.id)
    if found is None:
        if song is not None:
            tx.create(windows.new_track(change.id, song))
    elif any(found.plays) or found.shown is not None:
        if found.song != song:
            tx.update(found, song=song, fresh=True)
            announce(tx)
    elif song is None:
        tx.delete(found)
    else:
        tx.update(found, song=song)


@react(to="catalog/artists")
def know_artists(change: Change[Artist], tx: Transaction) -> None:
    """Keep an artist's name."""
    if change.after is not None:
        shown = tx.find(TopArtist, artist_id=change.id) is not None
        tx.put(ArtistName(id=change.id, name=change.after.name, fresh=shown))
        if shown:
            announce(tx)
    elif (found := stored(tx, ArtistName, change.id)) is not None:
        tx.delete(found)


@react(to="catalog/albums")
def know_albums(change: Change[Album], tx: Transaction) -> None:
    """Keep what an album is called, and whose it is."""
    album = change.after
    if album is not None:
        shown = tx.find(TopAlbum, album_id=change.id) is not None
        made = AlbumName(
            id=change.id, title=album.title, artist=album.artist, artist_id=album.artist_id, fresh=shown
        )
        tx.put(made)
        if shown:
            announce(tx)
    elif (found := stored(tx, AlbumName, change.id)) is not None:
        tx.delete(found)


def _count(tx: Transaction, song_id: str, hour: int, number: int) -> None:
    id = id_of(song_id, str(hour))
    found = stored(tx, Count, id)
    if found is None:
        tx.create(Count(id=id, song_id=song_id, hour=hour, plays=number))
    else:
        found.plays += number
        found.due = 0
        tx.put(found)
