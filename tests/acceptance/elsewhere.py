"""The application of `library.py` as a plain ASGI application; `ASGI_SERVER` says under which server."""

import asyncio
import os
import socket
from importlib import import_module
from typing import Any

import uvicorn
from tests.acceptance.library import app as library

SERVERS = ("uvicorn", "granian", "hypercorn")
STOP = 3
"""Seconds that an open stream may hold up a stop: these servers do not tell the application before."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The library; it says where it listens once it has started, as ours does."""

    async def send_noted(message: Any) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            print(f"listening on http://127.0.0.1:{os.environ['ASGI_PORT']}", flush=True)

    await library(scope, receive, send_noted if scope["type"] == "lifespan" else send)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def serve(name: str, port: int) -> None:
    """Serve until a signal."""
    match name:
        case "uvicorn":
            uvicorn.run(app, port=port, loop="asyncio", http="h11", ws="none", timeout_graceful_shutdown=STOP)
        case "granian":
            granian: Any = import_module("granian")
            options = {"websockets": False, "log_enabled": False, "workers_kill_timeout": STOP}
            target = "tests.acceptance.elsewhere:app"
            granian.Granian(target, port=port, interface="asgi", **options).serve()
        case "hypercorn":
            hypercorn: Any = import_module("hypercorn.asyncio")
            config: Any = import_module("hypercorn.config").Config()
            config.bind = [f"127.0.0.1:{port}"]
            config.graceful_timeout = STOP
            asyncio.run(hypercorn.serve(app, config))


if __name__ == "__main__":
    asked = int(os.environ["ANTIPHON_PORT"])
    os.environ["ASGI_PORT"] = str(asked or free_port())
    serve(os.environ["ASGI_SERVER"], int(os.environ["ASGI_PORT"]))
