"""The catalogue that is measured: songs, their artists, albums and genres."""

from antiphon import Ref, Resource, field


class Genre(Resource, paths=("/genres", "/genre")):
    """A kind of music."""

    name: str = field(min_length=1, max_length=200, folded=True, unique=True)


class Artist(Resource):
    """Who made a song."""

    name: str = field(min_length=1, max_length=1000, folded=True, unique=True)


class Album(Resource):
    """What a song came out on."""

    title: str = field(min_length=1, max_length=1000, folded=True, index=True)
    artist_id: Ref[Artist] | None = field(default=None)


class Song(Resource):
    """A song; `artist` and `album` are copies of the names."""

    title: str = field(min_length=1, max_length=1000, folded=True, index=True)
    artist: str | None = field(default=None, folded=True, index=True)
    artist_id: Ref[Artist] | None = field(default=None)
    album: str | None = field(default=None, folded=True, index=True)
    album_id: Ref[Album] | None = field(default=None)
    genre: str | None = field(default=None, folded=True, index=True)
    length: float | None = field(default=None, ge=0, unit="s", index=True)
    year: int | None = field(default=None, ge=1000, le=3000, index=True)


class Play(Resource):
    """A play of a song: what a service writes most, and finds by its id alone."""

    song: str = field(min_length=1, max_length=1000)
    artist: str = field(max_length=1000)
    listener: str = field()
    seconds: float = field(ge=0, unit="s")
    rating: int | None = field(default=None)


RESOURCES = (Genre, Artist, Album, Song, Play)
NAME = "catalog"
