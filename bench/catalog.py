"""The catalogue that is measured: the flagship's resources, and plays."""

from antiphon import Resource, field
from antiphon_music.catalog.resources import Album, Artist, Genre, Song

__all__ = ["CATALOGUE", "NAME", "RESOURCES", "Play", "Song"]


class Play(Resource):
    """A play of a song: what a service writes most, and finds by its id alone."""

    song: str = field(min_length=1, max_length=1000)
    artist: str = field(max_length=2000)
    listener: str = field()
    seconds: float = field(ge=0, unit="s")
    rating: int | None = field(default=None)


NAME = "catalog"
CATALOGUE = (Genre, Artist, Album, Song)
RESOURCES = (*CATALOGUE, Play)
