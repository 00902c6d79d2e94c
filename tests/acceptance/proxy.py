"""A proxy before a real server that does what networks do: cuts, delays, loses answers."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

PIECE = 64


class Proxy:
    """Passes bytes between clients and the server at `port`; runs in the test's event loop.

    `cut_after()` says, for each new connection, after how many bytes of the server's it is cut (None:
    never). `lose` counts answers that are swallowed, with their connection, after the server gave them.
    `refusals` counts connections that get `refusal` for an answer. `pace` is how many seconds lie between
    two small pieces of an answer.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.cut_after: Callable[[], int | None] = lambda: None
        self.lose = 0
        self.refusal = b""
        self.refusals = 0
        self.pace = 0.0
        self.connections = 0
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            if self.refusals:
                self.refusals -= 1
                await reader.readuntil(b"\r\n\r\n")
                writer.write(self.refusal)
                await writer.drain()
                return
            with suppress(OSError, asyncio.CancelledError):
                await self._pass(reader, writer)
        finally:
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.port)
        upward = asyncio.ensure_future(_copy(reader, server_writer))
        left = self.cut_after()
        try:
            while data := await server_reader.read(PIECE if self.pace else 65536):
                if self.lose:
                    self.lose -= 1
                    return
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                writer.write(data)
                await writer.drain()
                if left == 0:
                    return
                if self.pace:
                    await asyncio.sleep(self.pace)
        finally:
            upward.cancel()
            with suppress(asyncio.CancelledError):
                await upward
            server_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
