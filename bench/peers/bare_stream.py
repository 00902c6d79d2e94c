"""A bare uvloop loop that streams: each POST's body is written as it is to every follower, and nothing else.

`python -m bench.peers.bare_stream` prints `listening on http://H:N`.
"""

import asyncio
from typing import cast

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
DONE = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"

followers: set[asyncio.Transport] = set()


class Bare(asyncio.Protocol):
    """One connection: a GET makes it a follower; a POST tells all followers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        if head.startswith(b"GET"):
            self.received = b""
            followers.add(self.transport)
            self.transport.write(HEAD)
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) < length:
            return
        self.received = body[length:]
        self.transport.write(DONE)
        for follower in followers:
            follower.write(body[:length])

    def connection_lost(self, exc: Exception | None) -> None:
        followers.discard(self.transport)


async def serve() -> None:
    """Listen on a free port of the loopback address until killed."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0, backlog=2048)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"listening on http://{host}:{port}")
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
