"""What the contract suites store: unique keys, references both ways, folded text."""

from antiphon.resources import Ref, Resource, declare, field


class Artist(Resource):
    name: str = field(folded=True, unique=True)
    best: "Ref[Song] | None" = None


class Song(Resource):
    title: str = field(index=True)
    artist: Ref[Artist] | None = None
    sequel: Ref["Song"] | None = None
    number: int | None = field(default=None, unique=True)
    uniques = (("artist", "title"),)


ARTISTS, SONGS = declare(Artist), declare(Song)
CATALOG = (ARTISTS, SONGS)
