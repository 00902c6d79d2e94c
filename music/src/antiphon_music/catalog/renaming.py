"""Renaming: songs and albums hold copies of names, which follow when an artist or an album gets another."""

from __future__ import annotations

from antiphon import Access, Change, Resource, Transaction, nobody, react

from .resources import Album, Artist, Song

AT_ONCE = 500
"""So many copies are brought up to date in one transaction: others who write wait meanwhile."""


class Renaming(Resource, path="/renamings"):
    """What is left to be done for one that was renamed: `things` may still call it what it `was`."""

    of: str
    was: str
    things: list[str]

    access = Access(nobody, nobody, nobody, nobody)


@react(to=Artist)
def rename_artist(change: Change[Artist], tx: Transaction) -> None:
    """Bring the artist's name in its songs and albums up to date."""
    if change.before is None or change.after is None or change.before.name == change.after.name:
        return
    was = change.before.name
    albums = [each for each in tx.select(Album, artist_id=change.id) if each.artist == was]
    songs = [each for each in tx.select(Song, artist_id=change.id) if _named(each.artist, was, was)]
    things = [*(f"/albums/{each.id}" for each in albums), *(f"/songs/{each.id}" for each in songs)]
    _begin(tx, f"/artists/{change.id}", was, things)


@react(to=Album)
def rename_album(change: Change[Album], tx: Transaction) -> None:
    """Bring the album's title in its songs up to date."""
    if change.before is None or change.after is None or change.before.title == change.after.title:
        return
    was = change.before.title
    things = [f"/songs/{each.id}" for each in tx.select(Song, album_id=change.id) if each.album == was]
    _begin(tx, f"/albums/{change.id}", was, things)


@react(to=Renaming, key="of")
def go_on_renaming(change: Change[Renaming], tx: Transaction) -> None:
    """Do some more of what was begun."""
    if change.kind == "added" and (left := tx.find(Renaming, id=change.id)) is not None:
        _rename(tx, left.of, left.was, left.things)
        tx.delete(left)


def _begin(tx: Transaction, of: str, was: str, things: list[str]) -> None:
    """Do the first of it now, and leave the rest for later."""
    _rename(tx, of, was, things[:AT_ONCE])
    for place in range(AT_ONCE, len(things), AT_ONCE):
        tx.create(Renaming(of=of, was=was, things=things[place : place + AT_ONCE]))


def _rename(tx: Transaction, of: str, was: str, things: list[str]) -> None:
    """Replace the old name by the one that it has by now, where it still is the old one."""
    _, kind, id = of.split("/")
    artist = tx.find(Artist, id=id) if kind == "artists" else None
    album = tx.find(Album, id=id) if kind == "albums" else None
    for thing in things:
        _, place, found = thing.split("/")
        if place == "albums":
            other = tx.find(Album, id=found)
            if artist is not None and other is not None and (other.artist_id, other.artist) == (id, was):
                tx.update(other, artist=artist.name)
            continue
        song = tx.find(Song, id=found)
        if song is None:
            continue
        if artist is not None and song.artist_id == id and (name := _named(song.artist, was, artist.name)):
            tx.update(song, artist=name)
        if album is not None and (song.album_id, song.album) == (id, was):
            tx.update(song, album=album.title)


def _named(copy: str | None, was: str, now: str) -> str | None:
    """A song's `artist`, which names all who take part, with the first renamed; None if it stays."""
    if copy is None or (copy != was and not copy.startswith(f"{was}, ")):
        return None
    return now + copy[len(was) :]
