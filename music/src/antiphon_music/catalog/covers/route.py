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
SECONDS = 86_400
"""How long a browser shows a cover without asking again: it changes only with the album's title or artist."""
KEPT = 1000
"""Of so many audio files it is remembered that they carry no picture."""


class Cover(Struct, frozen=True):
    """A picture, its media type and its entity tag."""

    body: bytes
    kind: str
    tag: str


class Covers:
    """The pictures that audio files carry, and those drawn for albums whose files carry none."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._without: OrderedDict[tuple[Path, int], None] = OrderedDict()

    async def of(self, album: Album, song: Song | None) -> Cover:
        """The cover of an album, of which `song` is one."""
        found = None if song is None or song.preview is None else await asyncio.to_thread(self._in, song.id)
        if found is None:
            found = draw_cover(album.title, album.artist, album.year).encode(), SVG
        body, kind = found
        return Cover(body, kind, f'"{blake2b(body, digest_size=8).hexdigest()}"')

    def _in(self, id: str) -> tuple[bytes, str] | None:
        """The picture in a song's audio file."""
        path = self._shelf.file(id)
        try:
            known = None if path is None else (path, path.stat().st_mtime_ns)
        except OSError:
            return None
        if path is None or known is None or known in self._without:
            return None
        found = embedded_picture(path)
        if found is None:
            self._without[known] = None
            while len(self._without) > KEPT:
                self._without.popitem(last=False)
        return found


def cover_route(covers: Covers) -> Route:
    """The route that shows covers."""

    async def cover(request: Request) -> Response:
        """The album's cover: the picture that its files carry, or else one drawn from what it is called."""
        app: Application = request.scope["app"]
        album = await app.get(Album, request.path_params["id"])
        found = await covers.of(album, await app.find(Song, album_id=album.id))
        headers = {
            "ETag": found.tag,
            "Cache-Control": f"public, max-age={SECONDS}",
            # what an SVG says is for nobody but its own picture
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        known = request.headers.get("if-none-match", "")
        if found.tag in [each.strip().removeprefix("W/") for each in known.split(",")]:
            return Response(status_code=304, headers=headers)
        return Response(found.body, headers=headers, media_type=found.kind)

    return Route("/albums/{id}/cover", cover)
