"""The catalogue's pages: songs, albums, artists and genres, one and all."""

from __future__ import annotations

from typing import Any

from antiphon import Ask

from .asking import given
from .charts import chart
from .regard import regard_of
from .site import pages
from .talk import talk_of

CARDS = 48
SONGS = 200
"""So many songs of one album or artist are shown."""
ORDERS = {"title": "Title", "artist": "Artist", "-year": "Newest", "year": "Oldest", "length": "Shortest"}


@pages.view("/songs", template="songs.html")
async def songs(ask: Ask) -> dict[str, Any]:
    """All songs, or those of a genre or with a word in the title."""
    return {
        "songs": await ask.page("/songs", **given(ask, order="title")),
        "genres": await ask.page("/genres", order="name", limit=SONGS),
        "orders": ORDERS,
    }


@pages.view("/songs/{id}", template="song.html")
async def song(ask: Ask) -> dict[str, Any]:
    """A song, how it does, and what is said of it."""
    id = ask.path["id"]
    found = await ask.record(f"/songs/{id}")
    genre = found["genre"] and await ask.find("/genres", name=found["genre"])
    return {
        "song": found,
        "genre": genre,
        "place": await ask.find("/top-songs", song_id=id),
        "regard": await regard_of(ask, f"/songs/{id}"),
        "talk": await talk_of(ask, f"/songs/{id}"),
    }


@pages.view("/albums", template="albums.html")
async def albums(ask: Ask) -> dict[str, Any]:
    """All albums, the newest first."""
    return {"albums": await ask.page("/albums", **given(ask, order="-year,title", limit=CARDS))}


@pages.view("/albums/{id}", template="album.html")
async def album(ask: Ask) -> dict[str, Any]:
    """An album with its songs, and what is said of it."""
    id = ask.path["id"]
    found = await ask.record(f"/albums/{id}")
    others = []
    if found["artist_id"] is not None:
        by = await ask.page("/albums", artist_id=found["artist_id"], order="-year,title", limit=9)
        others = [each for each in by if each["id"] != id]
    return {
        "album": found,
        "songs": await ask.page("/songs", album_id=id, order="title", limit=SONGS),
        "others": others,
        "place": await ask.find("/top-albums", album_id=id),
        "regard": await regard_of(ask, f"/albums/{id}"),
        "talk": await talk_of(ask, f"/albums/{id}"),
    }


@pages.view("/artists", template="artists.html")
async def artists(ask: Ask) -> dict[str, Any]:
    """All artists, by name."""
    return {"artists": await ask.page("/artists", **given(ask, order="name", limit=CARDS))}


@pages.view("/artists/{id}", template="artist.html")
async def artist(ask: Ask) -> dict[str, Any]:
    """An artist, with albums and songs."""
    id = ask.path["id"]
    return {
        "artist": await ask.record(f"/artists/{id}"),
        "albums": await ask.page("/albums", artist_id=id, order="-year,title", limit=CARDS),
        "songs": await ask.page("/songs", artist_id=id, order="-year,title", limit=SONGS),
        "place": await ask.find("/top-artists", artist_id=id),
        "regard": await regard_of(ask, f"/artists/{id}"),
    }


@pages.view("/genres", template="genres.html")
async def genres(ask: Ask) -> dict[str, Any]:
    """All genres: where to begin to browse."""
    return {
        "genres": await ask.page("/genres", **given(ask, order="name", limit=SONGS)),
        "albums": await ask.page("/albums", order="-year,title", limit=12),
        "artists": await ask.page("/artists", order="name", limit=12),
    }


@pages.view("/genres/{id}", template="genre.html")
async def genre(ask: Ask) -> dict[str, Any]:
    """A genre: what is played most, and all of it."""
    found = await ask.record(f"/genres/{ask.path['id']}")
    after = {"after": ask.query["after"]} if "after" in ask.query else {}
    return {
        "genre": found,
        "top": await chart(ask, "artists", 6, genre=found["name"]),
        "songs": await ask.page("/songs", genre=found["name"], order="title", **after),
    }
