"""Request bodies: bounded, of a known media type, and put aside when they are long."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import IO

from starlette.requests import ClientDisconnect, Request

from antiphon.errors import (
    LengthRequired,
    Malformed,
    Stalled,
    StoreFull,
    TooLarge,
    UnsupportedMediaType,
)
from antiphon.server.connection import EXTENSION

IN_MEMORY = 1024 * 1024


def media_type(request: Request, known: tuple[str, ...]) -> str:
    """The media type of the body, which must be one of `known`.

    Raises:
        UnsupportedMediaType: it is another, or none is named; or the body is compressed.
        LengthRequired: there is no body.
    """
    if "content-length" not in request.headers and "transfer-encoding" not in request.headers:
        raise LengthRequired("The request has no body.", "Send one, with Content-Length.")
    if (coding := request.headers.get("content-encoding", "identity")) != "identity":
        raise UnsupportedMediaType(f"The body has the encoding {coding[:40]!r}.", "Send it as it is.")
    named = request.headers.get("content-type", "")
    found = named.partition(";")[0].strip().lower()
    if found not in known:
        raise UnsupportedMediaType(
            f"The body is {named[:100]!r}.",
            f"Send one of: {', '.join(known)}.",
            headers={"Accept-Patch" if request.method == "PATCH" else "Accept": ", ".join(known)},
        )
    return found


async def read_body(request: Request, bound: int, seconds: float) -> bytes:
    """The whole body; raises `TooLarge`, `Stalled`."""
    return b"".join([piece async for piece in _pieces(request, bound, seconds)])


async def spool_body(request: Request, bound: int, seconds: float) -> IO[bytes]:
    """The whole body as a file at its beginning, on disk if it is long.

    Raises `TooLarge`, `Stalled`, `StoreFull`.
    """
    spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - its reader closes it
    try:
        async for piece in _pieces(request, bound, seconds):
            await asyncio.to_thread(spool.write, piece) if len(piece) > IN_MEMORY else spool.write(piece)
    except OSError as error:
        spool.close()
        raise no_room(error) from error
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


def no_room(error: OSError) -> StoreFull:
    """What to tell a client whose body or answer cannot be put aside."""
    return StoreFull(
        f"What is sent cannot be put aside: {error.strerror}.",
        f"Free some room in {tempfile.gettempdir()}, or send less at once; nothing was changed.",
    )


async def _pieces(request: Request, bound: int, seconds: float) -> AsyncIterator[bytes]:
    def refuse() -> TooLarge:
        return TooLarge(
            f"The body is longer than {bound:,} bytes.",
            "Send it in parts; or raise the setting max_body_bytes or max_bulk_bytes.",
            headers={"Connection": "close"},
        )

    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > bound:
        raise refuse()
    watched = EXTENSION in request.scope.get("extensions", {})
    total = 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(seconds) if not watched else nullcontext():
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Stalled(
                f"The body paused for {seconds:g} seconds.", "Send it again.", headers={"Connection": "close"}
            ) from None
        except ClientDisconnect:
            raise Malformed("The body ended early.", "Send it whole.") from None
        total += len(piece)
        if total > bound:
            raise refuse()
        if piece:
            yield piece
