"""The application that tests serve: every kind of field, aliases, references, actions."""

from datetime import date, datetime
from typing import Literal

from antiphon import Application, Ref, Resource, Transaction, action, errors, field, serve


class Artist(Resource):
    name: str = field(max_length=200, folded=True, unique=True)


class Genre(Resource, paths=("/genres", "/genre")):
    name: str = field(max_length=100, folded=True)


class Song(Resource):
    title: str = field(min_length=1, max_length=500, folded=True)
    artist_id: Ref[Artist] | None = field(default=None)
    genre: str | None = field(default=None, folded=True, index=True)
    label: str | None = field(default=None, max_length=200)
    year: int | None = field(default=None, index=True)
    length: float | None = field(default=None, unit="s", index=True)
    live: bool = False
    released: date | None = None
    heard: datetime | None = None
    mood: Literal["calm", "wild"] | None = None
    isrc: str | None = field(default=None, max_length=20, unique=True)
    tags: list[str] = field(default_factory=list)

    indexes = (("genre", "title"),)


@action(Song)
def rename(song: Song, title: str, tx: Transaction) -> Song:
    """Give the song another title."""
    return tx.update(song, title=title)


@action(Song)
def split(song: Song, titles: list[str], tx: Transaction) -> list[Song]:
    """Put a song of each title in the place of this one."""
    tx.delete(song)
    return [tx.create(Song(title=title, genre=song.genre)) for title in titles]


@action(Song)
def copy(song: Song, name: str, tx: Transaction) -> Song:
    """Create the same song under another id."""
    return tx.create(Song(id=name, title=song.title, genre=song.genre))


@action(Song)
def forget(song: Song, tx: Transaction) -> None:
    """Clear all that may be cleared."""
    tx.update(song, genre=None, label=None, year=None, length=None)


@action(Song)
def refuse(song: Song, tx: Transaction) -> Song:
    """Change the song, and then refuse to have done it."""
    tx.update(song, title="refused")
    raise errors.Invalid("The song does not want to.", "Ask another song.")


@action(Song)
def stumble(song: Song, tx: Transaction) -> Song:
    """Change the song, and then fail as a mistaken program does."""
    tx.update(song, title="stumbled")
    raise RuntimeError("the action stumbled")


app = Application(Artist, Genre, Song, name="library")

if __name__ == "__main__":
    serve(app)
