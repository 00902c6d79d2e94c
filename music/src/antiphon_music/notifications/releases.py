"""What is learned of songs and albums: which artist has something new."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from antiphon import Change, Transaction, react

from .errands import begin
from .facts import Following, Release
from .occasions import key


class Work(Struct):
    """What is to be known of a song or an album."""

    title: str
    artist: str | None = None
    artist_id: str | None = None


@react(to="catalog/songs")
def hear_songs(change: Change[Work], tx: Transaction) -> None:
    """Tell who follows an artist of its new songs."""
    _hear("song", f"/songs/{change.id}", change, tx)


@react(to="catalog/albums")
def hear_albums(change: Change[Work], tx: Transaction) -> None:
    """Tell who follows an artist of its new albums."""
    _hear("album", f"/albums/{change.id}", change, tx)


def _hear(kind: Literal["song", "album"], thing: str, change: Change[Any], tx: Transaction) -> None:
    """Keep the release; if it is new, gone, or another's, judge it for all who follow either artist."""
    id = key(thing)
    before, work = tx.find(Release, id=id), change.after
    artist = None if work is None else work.artist_id
    if artist == (before and before.artist_id):
        return
    if work is None or artist is None:
        if before is not None:
            tx.delete(before)
    else:
        tx.put(
            Release(
                id=id,
                kind=kind,
                thing=thing,
                title=work.title,
                artist=work.artist,
                artist_id=artist,
                time=datetime.fromisoformat(change.time) if before is None else before.time,
            )
        )
    artists = [each for each in (before and before.artist_id, artist) if each is not None]
    followers: dict[str, None] = {}
    for each in artists:
        followers |= dict.fromkeys(
            following.follower for following in tx.select(Following, subject=f"/artists/{each}")
        )
    begin(tx, id, "judge", list(followers))
