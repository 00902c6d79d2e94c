"""`GET /songs/{id}/preview`: half a minute of a song, for players."""

from __future__ import annotations

import asyncio
import os
from email.utils import formatdate
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon import Application, errors

from ..resources import Song
from .format import FORMATS, Format
from .previews import Busy, NoPreview, Previews
from .ranges import Unsatisfiable, asked_range


class RangeNotSatisfiable(errors.Problem):
    """A range that begins behind the end of the preview (RFC 9110, 15.5.17)."""

    status, code, title = 416, "range_not_satisfiable", "No such part"


def preview_route(previews: Previews) -> Route:
    """The route that plays previews, in the format that `Accept` prefers: Ogg Opus or MP3.

    A song without audio, or whose audio is gone or broken, is a 404 that says so. Ranges, `If-Range`,
    `If-None-Match` and `HEAD` follow RFC 9110.
    """

    async def preview(request: Request) -> Response:
        """Half a minute of the song, as Ogg Opus or, by `Accept`, as MP3; 404 for a song without audio."""
        id = request.path_params["id"]
        form = chosen(request.headers.get("accept"))
        app: Application = request.scope["app"]
        await app.get(Song, id)
        try:
            path = await previews.file(id, form)
        except NoPreview as reason:
            raise errors.NotFound(
                str(reason), f"Import its audio with `music import audio FOLDER`; /songs/{id} is the song."
            ) from None
        except Busy:
            raise errors.Unavailable(
                "Many previews are being made.", "Ask again in a moment.", headers={"Retry-After": "2"}
            ) from None
        except OSError as error:
            raise errors.Unavailable(
                f"The preview cannot be kept: {error.strerror}.", "Check the data folder and its disk."
            ) from None
        return await answer(request, path, form)

    return Route("/songs/{id}/preview", preview)


def chosen(accept: str | None) -> Format:
    """The format that an `Accept` header prefers (RFC 9110, 12.5.1); the first offered of those as welcome.

    Raises:
        NotAcceptable: it takes none of them.
    """
    weights = (
        [(_weight(accept, form.media_type), form) for form in FORMATS] if accept else [(1.0, FORMATS[0])]
    )
    best, form = max(weights, key=lambda pair: pair[0])
    if best <= 0:
        offered = ", ".join(form.media_type for form in FORMATS)
        raise errors.NotAcceptable(
            f"{accept!r} takes none of {offered}.", f"Accept one of {offered}, or */*."
        )
    return form


async def answer(request: Request, path: Path, form: Format) -> Response:
    """The file, or the part of it that is asked for."""
    try:
        body, state = await asyncio.to_thread(_read, path)
    except FileNotFoundError:
        # Its audio file changed, and a newer preview took its place between two steps.
        raise errors.Unavailable(
            "The preview is being made anew.", "Ask again.", headers={"Retry-After": "1"}
        ) from None
    tag = f'"{path.name.split(".")[1]}{path.suffix}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "ETag": tag,
        "Last-Modified": formatdate(int(state.st_mtime), usegmt=True),
        "Vary": "Accept",
    }
    if _same(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    part = None
    condition = request.headers.get("if-range")
    # A range applies to GET alone (14.2), and only to the version that the client has (13.1.5).
    if request.method == "GET" and condition in (None, tag, headers["Last-Modified"]):
        try:
            part = asked_range(request.headers.get("range"), len(body))
        except Unsatisfiable:
            raise RangeNotSatisfiable(
                f"The preview has {len(body)} bytes.",
                "Ask for a part within it.",
                headers={"Content-Range": f"bytes */{len(body)}", "Accept-Ranges": "bytes"},
            ) from None
    if part is None:
        return Response(body, headers=headers, media_type=form.media_type)
    start, end = part
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(body)}"
    return Response(body[start:end], 206, headers, form.media_type)


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    with path.open("rb") as file:
        return file.read(), os.fstat(file.fileno())


def _same(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    return header.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in header.split(",")]


def _weight(accept: str, media_type: str) -> float:
    """How welcome a media type is: what names it most exactly counts."""
    best = (0, 0.0)
    for part in accept.split(","):
        name, *parameters = [piece.strip() for piece in part.split(";")]
        exact = {media_type: 3, media_type.split("/")[0] + "/*": 2, "*/*": 1}.get(name.lower(), 0)
        if exact > best[0]:
            best = (exact, _quality(parameters))
    return best[1]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
