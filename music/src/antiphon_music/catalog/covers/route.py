"""`GET /albums/{id}/cover`: the picture of an album."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon import Application

from ..audio.artwork import embedded_picture
from ..audio.shelf import Shelf
from ..resources import Album, Song
from .drawing import draw_cover

SVG = "image/svg+xml"
SECONDS = 3600
"""How long a browser shows a cover without asking again."""
KEPT = 1000
"""Of so many audio files the tag of the picture is remembered that they carry."""
NONE = ""
"""The tag of no picture."""


class Cover(Struct, frozen=True):
    """A picture, its media type and its entity tag."""

    body: bytes
    kind: str
    tag: str


class Covers:
    """The picture that one of an album's files carries, or else one drawn from what the album is called."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._tags: OrderedDict[tuple[Path, int], str] = OrderedDict()

    async def of(self, album: Album, song: Song | None, known: str) -> Cover:
        """The cover of an album, of which `song` is one; without its body if the browser knows its tag."""
        carried = None
        if song is not None and song.preview is not None:
            carried = await asyncio.to_thread(self._carried, song.id, known)
        if carried is not None:
            return carried
        return _cover(draw_cover(album.title, album.artist, album.year).encode(), SVG)

    def _carried(self, id: str, known: str) -> Cover | None:
        """The picture in a song's audio file; it is read anew only for who does not have it."""
        path = self._shelf.file(id)
        try:
            state = None if path is None else (path, path.stat().st_mtime_ns)
        except OSError:
            return None
        if path is None or state is None:
            return None
        tag = self._tags.get(state)
        if tag == NONE:
            return None
        if tag is not None and tag in known:
            return Cover(b"", "", tag)
        found = embedded_picture(path)
        cover = None if found is None else _cover(*found)
        self._tags[state] = NONE if cover is None else cover.tag
        while len(self._tags) > KEPT:
            self._tags.popitem(last=False)
        return cover


def _cover(body: bytes, kind: str) -> Cover:
    return Cover(body, kind, f'"{blake2b(body, digest_size=8).hexdigest()}"')


def cover_route(covers: Covers) -> Route:
    """The route that shows covers."""

    async def cover(request: Request) -> Response:
        """The album's cover: the picture that its files carry, or else one drawn from what it is called."""
        app: Application = request.scope["app"]
        album = await app.get(Album, request.path_params["id"])
        known = request.headers.get("if-none-match", "")
        found = await covers.of(album, await app.find(Song, album_id=album.id), known)
        headers = {
            "ETag": found.tag,
            "Cache-Control": f"public, max-age={SECONDS}",
            # what an SVG says is for nobody but its own picture
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        if found.tag in [each.strip().removeprefix("W/") for each in known.split(",")]:
            return Response(status_code=304, headers=headers)
        return Response(found.body, headers=headers, media_type=found.kind)

    return Route("/albums/{id}/cover", cover)
