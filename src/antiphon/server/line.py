"""The line between a worker and its supervisor: whether it serves, and what the others are to be asked."""

import asyncio
import os
import select
import socket
import threading
from collections.abc import Callable
from typing import TypeAlias

import msgspec
from msgspec import Struct

LONGEST = 64 * 1024 * 1024
ASK_SECONDS = 2.0
"""How long the others have to say what they are asked; one that is just being started says nothing."""


class Ready(Struct, tag=True, frozen=True):
    """The worker answers."""


class NotStarted(Struct, tag=True, frozen=True):
    """It could not start, and why."""

    detail: str
    hint: str


class Asked(Struct, tag=True, frozen=True):
    """All others are asked; or, on its way to a worker, it is."""

    number: int


class Said(Struct, tag=True, frozen=True):
    """What a worker says, and, on its way back, what all others do, by their places."""

    number: int
    said: bytes = b""
    by: dict[int, bytes] = {}


Message: TypeAlias = Ready | NotStarted | Asked | Said
_decoder = msgspec.json.Decoder(Message)


async def send(writer: asyncio.StreamWriter, message: Message) -> None:
    """Send a message, one a line."""
    writer.write(msgspec.json.encode(message) + b"\n")
    await writer.drain()


async def hear(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end of the line."""
    try:
        line = await reader.readline()
    except OSError:
        return None
    return _decoder.decode(line) if line.endswith(b"\n") else None


class Line:
    """A worker's end. `say` is what it says when it is asked.

    When the supervisor is no more, the process ends, at once, whatever it does, as it would if they were one.
    Nobody would begin it again, or end it; and whoever starts the server anew must find the way free.
    """

    def __init__(self, file: int, say: Callable[[], bytes]) -> None:
        self._socket = socket.socket(fileno=file)
        self._say = say
        self._count = 0
        self._asking: dict[int, asyncio.Future[dict[int, bytes]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        threading.Thread(target=self._watch, name="antiphon-line", daemon=True).start()

    def not_started(self, detail: str, hint: str) -> None:
        """Tell why, before there is a loop or after it."""
        self._socket.setblocking(True)
        self._socket.sendall(msgspec.json.encode(NotStarted(detail, hint)) + b"\n")

    def open(self) -> None:
        """Say that it serves, and answer from now on, on the running loop."""
        self._answering = asyncio.get_running_loop().create_task(self._answer())

    async def ask(self) -> dict[int, bytes]:
        """What all others say now, by their places."""
        if self._writer is None:
            return {}
        self._count += 1
        number = self._count
        self._asking[number] = asyncio.get_running_loop().create_future()
        try:
            await send(self._writer, Asked(number))
            async with asyncio.timeout(2 * ASK_SECONDS):
                return await self._asking[number]
        except (TimeoutError, OSError):
            return {}
        finally:
            del self._asking[number]

    async def _answer(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(sock=self._socket, limit=LONGEST)
        await send(self._writer, Ready())
        while (message := await hear(reader)) is not None:
            match message:
                case Asked(number):
                    await send(self._writer, Said(number, self._say()))
                case Said(number, by=by):
                    if (asking := self._asking.get(number)) is not None and not asking.done():
                        asking.set_result(by)
                case _:
                    pass

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._socket.fileno(), 0)  # its end alone: POLLHUP is always told of
        while not poll.poll():
            pass
        os._exit(1)
