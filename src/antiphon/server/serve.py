"""Running an application on uvicorn."""

import gc
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import uvicorn

from antiphon.errors import SettingError
from antiphon.server.connection import Finds
from antiphon.server.protocol import Protocol as HttpProtocol
from antiphon.server.protocol import protocol_for
from antiphon.settings import Settings

KEEP_ALIVE_SECONDS = 75
BACKLOG = 4096
SWITCH_SECONDS = 0.0005
"""How long the writer's and the readers' threads wait for the interpreter at the most, each time, while the
event loop has it (Python's own choice is ten times that)."""


class Drains(Protocol):
    """An ASGI application that can be told to come to an end."""

    @property
    def direct(self) -> Finds: ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    def drain(self) -> None:
        """Tell followers to come back later, and take no new ones."""


def run(app: Drains, settings: Settings, listener: socket.socket, started: Callable[[], None]) -> bool:
    """Serve until a signal; calls `started` once it answers. Whether it started.

    On SIGINT or SIGTERM it takes no new connections, tells followers to come back, and finishes what is
    in flight, for up to `drain_seconds`.
    """
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=protocol_for(settings, app.direct),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
        backlog=BACKLOG,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # why a start failed, the caller is told
    server = _Server(config, app, started)
    server.run(sockets=[listener])
    return server.started


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: Drains, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._started = started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # or uvicorn ends the process by them: who asked gets an exit code

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        if self.started:
            settle()
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.drain()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpProtocol):
                connection.give_up()


def settle() -> None:
    """Set the interpreter for a process that serves, once what it needs has started."""
    # What the start made stays: it need not be looked through again. The rest is mostly acyclic.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    sys.setswitchinterval(SWITCH_SECONDS)


def announce(listener: socket.socket, banner: str = "") -> None:
    """Print `listening on http://H:N`, and on standard error what is served there."""
    host, port = listener.getsockname()[:2]
    if banner:
        print(banner, file=sys.stderr, flush=True)  # noqa: T201
    where = f"[{host}]" if ":" in host else host
    print(f"listening on http://{where}:{port}", flush=True)  # noqa: T201


def listen(host: str, port: int, count: int = 1) -> list[socket.socket]:
    """Sockets at one address; of several, each has a queue of its own, and connections are spread over them.

    Where the system cannot spread them, all are one and the same.

    Raises:
        SettingError: the address cannot be listened on.
    """
    try:
        (family, kind, _, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        first = socket.socket(family, kind)
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(address)
        if count == 1:
            return [first]
        first.listen(BACKLOG)  # now nobody else can, as SO_REUSEPORT alone would let them
        if sys.platform != "linux":  # others have the option, and give all connections to one
            return [first] * count
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listeners = [first]
        while len(listeners) < count:
            one = socket.socket(family, kind)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(first.getsockname())
            one.listen(BACKLOG)
            listeners.append(one)
    except OSError as error:
        raise SettingError(
            f"Cannot listen on {host} port {port}: {error.strerror}.",
            "Stop what uses it, or choose another with --port (0 picks a free one).",
        ) from None
    return listeners
