"""Sweeping: what was counted, what leaves a window, and what is known anew comes into the charts."""

from __future__ import annotations

from antiphon import Transaction

from . import windows
from .board import Board
from .records import stored
from .resources import AlbumName, ArtistName, Count, Track


def sweep(tx: Transaction, now: int, most: int) -> bool:
    """Bring the charts up to what is known at the hour `now`; whether there may be more to do.

    Some hundred (`most`) of what is due are taken, whichever there are. What has been done is in the store
    with it: done again, nothing changes.
    """
    counts = [each for each in tx.select(Count, order="due,song_id", limit=most) if each.due <= now]
    tracks = {each.id: each for each in tx.select(Track, limit=most, fresh=True)}
    artists = tx.select(ArtistName, limit=most, fresh=True)
    albums = tx.select(AlbumName, limit=most, fresh=True)
    board = Board(tx)
    gained: dict[str, list[int]] = {}
    for count in counts:
        into = gained.setdefault(count.song_id, [0] * len(windows.WINDOWS))
        for place, number in enumerate(_settle(tx, count, now)):
            into[place] += number
    for id in gained.keys() - tracks.keys():
        tracks[id] = stored(tx, Track, id) or windows.new_track(id)
    for id, track in tracks.items():
        _show(tx, board, track, gained.get(id) or [0] * len(windows.WINDOWS))
    for artist in artists:
        board.rename(artist)
        tx.update(artist, fresh=False)
    for album in albums:
        board.rename(album)
        tx.update(album, fresh=False)
    board.settle()
    return most in (len(counts), len(tracks), len(artists), len(albums))


def _settle(tx: Transaction, count: Count, now: int) -> list[int]:
    """How many plays more each window has by now; the count is kept as long as it can change again."""
    held = windows.held(count.hour, now)
    gained = [
        (count.plays if place < held else 0) - (count.swept if place < count.held else 0)
        for place in range(len(windows.WINDOWS))
    ]
    if held == 1 or count.plays == 0:
        tx.delete(count)
    else:
        count.swept, count.held, count.due = count.plays, held, windows.leaves(count.hour, held)
        tx.put(count)
    return gained


def _show(tx: Transaction, board: Board, track: Track, gained: list[int]) -> None:
    """Have the charts show a song as it is, with what it has gained."""
    plays = [sum(both) for both in zip(track.plays, gained, strict=True)]
    if track.shown == track.song:
        board.move(track.id, track.song, gained)
    else:
        board.move(track.id, track.shown, track.plays, -1)
        board.move(track.id, track.song, plays)
    if track.song is None and not any(plays):
        if track.revision:
            tx.delete(track)
        return
    track.shown, track.plays, track.fresh = track.song, plays, False
    tx.put(track)
