"""The catalogue that is measured: the flagship's resources, plays, and songs with a policy: releases."""

from antiphon import Access, Resource, field, role, where
from antiphon_music.catalog.resources import Album, Artist, Genre, Song

__all__ = ["CATALOGUE", "NAME", "RELEASES", "RESOURCES", "Play", "Release", "Song"]


class Play(Resource):
    """A play of a song: what a service writes most, and finds by its id alone."""

    song: str = field(min_length=1, max_length=1000)
    artist: str = field(max_length=2000)
    listener: str = field()
    seconds: float = field(ge=0, unit="s")
    rating: int | None = field(default=None)


EDITORS = role("editor")


class Release(Song, path="/releases"):
    """A song that only editors see before it is published."""

    published: bool = field(default=True)

    access = Access(
        read=where(published=True) | EDITORS,
        create=EDITORS,
        update=EDITORS,
        delete=EDITORS,
    )


NAME = "catalog"
CATALOGUE = (Genre, Artist, Album, Song)
RESOURCES = (*CATALOGUE, Play)
RELEASES = (*CATALOGUE, Play, Release)
