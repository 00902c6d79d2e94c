"""What the server of `antiphon serve` lends an application, beyond ASGI."""

import asyncio
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


class Takes(Protocol):
    """What a socket is handed over to: the transport's protocol (`asyncio.Protocol`) from then on."""

    def begin(self, transport: asyncio.Transport, connections: set[Any], paused: bool) -> None:
        """Take it over; keep to be one of the server's `connections` until it is lost.

        `paused`: much is unsent, and `resume_writing` will be called.
        """

    def shutdown(self) -> None:
        """The server stops."""
