"""What the charts hold: what everyone reads, and what it is counted from."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from antiphon import Access, Resource, anyone, field, nobody

CHARTED = Access(read=anyone, create=nobody, update=nobody, delete=nobody)
"""Everyone reads the charts; what is played writes them."""
OURS = Access(nobody, nobody, nobody, nobody)
WINDOW = "Over which time: all of it, or so many days back from now."
RANK = "The place among the first 100 of this window and genre; null beyond."
GENRE = "Of which genre's songs alone; null: of all songs."

Window = Literal["all", "30d", "7d", "1d"]


class TopArtist(Resource, path="/top-artists"):
    """How often an artist's songs were played."""

    artist: str = field(example="Tobble Wick Trio")
    artist_id: str | None = field(default=None, index=True)
    plays: int = field(ge=1)
    rank: int | None = field(default=None, description=RANK)
    window: Window = field(description=WINDOW)
    genre: str | None = field(default=None, folded=True, description=GENRE)

    indexes = (("window", "genre", "plays"),)
    defaults = "window=all&genre[null]=true&order=-plays,artist"
    access = CHARTED


class TopSong(Resource, path="/top-songs"):
    """How often a song was played."""

    title: str = field(example="Second Set at the Lantern")
    song_id: str = field(index=True)
    artist: str | None = None
    artist_id: str | None = None
    plays: int = field(ge=1)
    rank: int | None = field(default=None, description=RANK)
    window: Window = field(description=WINDOW)
    genre: str | None = field(default=None, folded=True, description=GENRE)

    indexes = (("window", "genre", "plays"),)
    defaults = "window=all&genre[null]=true&order=-plays,title"
    access = CHARTED


class TopAlbum(Resource, path="/top-albums"):
    """How often an album's songs were played."""

    album: str = field(example="Candle Hours")
    album_id: str | None = field(default=None, index=True)
    artist: str | None = None
    artist_id: str | None = None
    plays: int = field(ge=1)
    rank: int | None = field(default=None, description=RANK)
    window: Window = field(description=WINDOW)
    genre: str | None = field(default=None, folded=True, description=GENRE)

    indexes = (("window", "genre", "plays"),)
    defaults = "window=all&genre[null]=true&order=-plays,album"
    access = CHARTED


Top = TopArtist | TopSong | TopAlbum


class Count(Resource, path="/counts"):
    """Plays of a song in one hour, as long as a window has them.

    `swept` of them are in the tracks already, in the first `held` windows. From the hour `due` on there is
    something to be done about it; 0: now.
    """

    song_id: str
    hour: int
    plays: int
    swept: int = 0
    held: int = 0
    due: int = 0

    indexes = (("due", "song_id"),)
    access = OURS


class Facts(Struct, frozen=True):
    """What is to be known of a song."""

    title: str
    artist: str | None = None
    artist_id: str | None = None
    album: str | None = None
    album_id: str | None = None
    genre: str | None = None


class Track(Resource, path="/tracks"):
    """A song, under its id. `plays` are those in each window; `shown` is what the charts were told of it.

    `song` is null for one that the catalogue doesn't have, or not yet: its plays are in no chart.
    """

    song: Facts | None = None
    shown: Facts | None = None
    plays: list[int]
    fresh: bool = field(index=True)

    access = OURS


class ArtistName(Resource, path="/artist-names"):
    """An artist's name, under the artist's id: a copy of what the catalogue says."""

    name: str
    fresh: bool = field(index=True)

    access = OURS


class AlbumName(Resource, path="/album-names"):
    """An album's title and artist, under the album's id: a copy of what the catalogue says."""

    title: str
    artist: str | None = None
    artist_id: str | None = None
    fresh: bool = field(index=True)

    access = OURS


class Publication(Resource, path="/publications"):
    """Whether something is counted that the charts don't show yet, and when they were last brought up."""

    pending: bool = field(index=True)
    at: datetime | None = None

    access = OURS
