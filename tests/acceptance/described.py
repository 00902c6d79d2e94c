"""The application whose description is taken at its word: all kinds of fields, aliases, actions."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from antiphon import Application, Ref, Resource, Tokens, Transaction, action, field, serve


class Place(Struct):
    city: str
    country: str | None = None


class Band(Resource):
    """Who plays."""

    name: str = field(min_length=1, max_length=200, folded=True, unique=True, example="The Reeds")
    home: Place | None = None


class Song(Resource, paths=("/songs", "/tracks")):
    """A piece of music."""

    title: str = field(min_length=1, max_length=500, folded=True)
    band_id: Ref[Band] | None = None
    code: str | None = field(default=None, pattern="^[A-Z]{2}[0-9]{2,6}$", unique=True)
    length: float | None = field(default=None, ge=0, le=1e6, unit="s", index=True)
    year: int | None = field(default=None, gt=0, lt=10_000)
    plays: int = 0
    live: bool = False
    released: date | None = None
    heard: datetime | None = None
    mood: Literal["calm", "wild"] | None = None
    tags: list[str] = field(default_factory=list)


@action(Song)
def rename(song: Song, title: str, tx: Transaction) -> Song:
    """Give it another title."""
    return tx.update(song, title=title or "Untitled")


@action(Song)
def split(song: Song, count: Literal[1, 2, 3], tx: Transaction) -> list[Song]:
    """Put several songs in its place."""
    tx.delete(song)
    return [tx.create(Song(title=f"{song.title[:400]} {part}")) for part in range(count)]


@action(Song)
def forget(song: Song, tx: Transaction) -> None:
    """Clear what may be cleared."""
    tx.update(song, length=None, year=None, mood=None)


app = Application(Band, Song, name="described", identify=Tokens(issuer="described"))

if __name__ == "__main__":
    serve(app)
