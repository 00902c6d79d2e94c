"""What the server of `antiphon serve` lends an application, beyond ASGI."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

EXTENSION = "antiphon.connection"
"""The ASGI scope extension that holds a `Connection`; where it is, slow bodies are watched for."""


class Connection(Protocol):
    """One connection of HTTP/1.1."""

    def hand_over(self, stream: "Takes") -> bool:
        """Let `stream` have the socket, once the head of an answer in chunks is sent; whether it has it.

        Nothing is left then of the request or its answer but what `stream` keeps. It is not handed over if it
        is closing.
        """

    def together(self) -> AbstractContextManager[None]:
        """Within it, what the answer in progress sends is kept, to go out in one write at the end.

        Head and body come as two messages (ASGI, HTTP): two system calls, and two wake-ups of the client.
        """

    @property
    def closing(self) -> bool:
        """Whether nothing that is sent now will arrive."""

    def abort(self) -> None:
        """Drop the connection, with what is unsent."""


class Exchange(Protocol):
    """A request whose body is whole, and which is answered by one piece."""

    def answer(
        self,
        status: int,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        again: "Again | None" = None,
    ) -> None:
        """Answer it; `headers` in lower case. Raises ValueError, with nothing sent, for a broken one.

        `again` answers the same request, byte for byte, when it comes again.
        """


class Again(Protocol):
    """What answers a request that was answered before."""

    def encoded(self, client: Any, first: bytes) -> bytes | None:
        """The whole answer, with the header lines `first`; None if it must be made anew."""


class Answers(Protocol):
    """What answers one request directly: now, or later on the event loop."""

    def answer(self, scope: Any, body: bytes, exchange: Exchange) -> None: ...


class Finds(Protocol):
    """An application's part that answers some requests without an ASGI cycle."""

    def find(self, scope: Any) -> Answers | None:
        """What answers the request with this head; None: it goes the ASGI way."""


class Takes(Protocol):
    """What a socket is handed over to: the transport's protocol (`asyncio.Protocol`) from then on."""

    def begin(self, transport: asyncio.Transport, connections: set[Any], paused: bool) -> None:
        """Take it over; keep to be one of the server's `connections` until it is lost.

        `paused`: much is unsent, and `resume_writing` will be called.
        """

    def shutdown(self) -> None:
        """The server stops."""
