"""Music's services, running in the test's own process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx

from antiphon import Settings
from antiphon_music.services import music
from antiphon_music.surroundings import here


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of all services, which run in this process."""
    app = music(here(data))
    app.settings = Settings(data=str(data), log_level="error")
    inbox, outbox = (
        anyio.create_memory_object_stream[dict[str, str]](2),
        anyio.create_memory_object_stream[dict[str, str]](2),
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(app, {"type": "lifespan"}, inbox[1].receive, outbox[0].send)
        await inbox[0].send({"type": "lifespan.startup"})
        assert (await outbox[1].receive())["type"] == "lifespan.startup.complete"
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://music") as client:
            yield client
        await inbox[0].send({"type": "lifespan.shutdown"})
        await outbox[1].receive()
    for stream in (*inbox, *outbox):
        stream.close()
