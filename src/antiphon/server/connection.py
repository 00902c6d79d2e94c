"""What the server of `antiphon serve` lends an application, beyond ASGI."""

from contextlib import AbstractContextManager
from typing import Protocol

EXTENSION = "antiphon.connection"
"""The ASGI scope extension that holds a `Connection`; where it is, slow bodies are watched for."""


class Connection(Protocol):
    """One connection of HTTP/1.1."""

    def send_directly(self, data: bytes, bound: int) -> bool:
        """Write to the socket without a task, unless more than `bound` bytes are unsent; whether it did."""

    def together(self) -> AbstractContextManager[None]:
        """Within it, what the answer in progress sends is kept, to go out in one write at the end.

        Head and body come as two messages (ASGI, HTTP): two system calls, and two wake-ups of the client.
        """

    @property
    def closing(self) -> bool:
        """Whether nothing that is sent now will arrive."""

    def abort(self) -> None:
        """Drop the connection, with what is unsent."""
