"""Real servers for tests. `serving(page_size=2)` starts one of its own; `server` is shared by a module."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.server import LIBRARY, Server

Serving = Callable[..., Server]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Starts servers, each on a folder of its own; at the end none may have logged an error."""
    started: list[Server] = []

    def serve(folder: Path | None = None, program: Path = LIBRARY, **settings: Any) -> Server:
        server = Server(folder or tmp_path / f"data{len(started)}", program, **settings)
        started.append(server)
        return server.start()

    yield serve
    for server in started:
        if server.running:
            server.stop()
    for server in started:
        assert server.errors() == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of a module share; at the end it may not have logged an error."""
    server = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield server
    if server.running:
        server.stop()
    assert server.errors() == []


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of `server`."""
    with server.client() as client:
        yield client
