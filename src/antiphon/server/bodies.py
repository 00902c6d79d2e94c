"""Request bodies: bounded, of a known media type, and put aside when they are long."""

import asyncio
import tempfile
from typing import IO

from starlette.requests import Request

from antiphon.errors import (
    LengthRequired,
    Malformed,
    Stalled,
    StoreFull,
    TooLarge,
    UnsupportedMediaType,
)
from antiphon.server.connection import EXTENSION
from antiphon.server.requests import WHOLE

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
    whole: bytes | None = request.scope.get(WHOLE)
    if whole is not None and len(whole) <= bound:
        return whole
    incoming = _Incoming(request, bound, seconds)
    pieces = []
    while incoming.more:
        pieces.append(await incoming.piece())
    return b"".join(pieces)


async def spool_body(request: Request, bound: int, seconds: float) -> IO[bytes]:
    """The whole body as a file at its beginning, on disk if it is long.

    Raises `TooLarge`, `Stalled`, `StoreFull`.
    """
    spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - its reader closes it
    try:
        incoming = _Incoming(request, bound, seconds)
        while incoming.more:
            piece = await incoming.piece()
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


class _Incoming:
    """A body on its way; `more` is to come."""

    def __init__(self, request: Request, bound: int, seconds: float) -> None:
        self.more = True
        self._receive = request.receive
        self._watched = EXTENSION in request.scope.get("extensions", {})
        self._bound = bound
        self._seconds = seconds
        self._total = 0
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > bound:
            raise self._too_large()

    async def piece(self) -> bytes:
        """What comes next; raises `TooLarge`, `Stalled`, and `Malformed` for an end before the end."""
        try:
            if self._watched:
                message = await self._receive()
            else:
                async with asyncio.timeout(self._seconds):
                    message = await self._receive()
        except TimeoutError:
            raise Stalled(
                f"The body paused for {self._seconds:g} seconds.",
                "Send it again.",
                headers={"Connection": "close"},
            ) from None
        if message["type"] == "http.disconnect":
            raise Malformed("The body ended early.", "Send it whole.")
        piece: bytes = message.get("body", b"")
        self.more = message.get("more_body", False)
        self._total += len(piece)
        if self._total > self._bound:
            raise self._too_large()
        return piece

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The body is longer than {self._bound:,} bytes.",
            "Send it in parts; or raise the setting max_body_bytes or max_bulk_bytes.",
            headers={"Connection": "close"},
        )
