"""Pages in this process: who asks for them, and open ones."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from antiphon import Application, Caller, Services

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def asking(app: Application | Services) -> AsyncIterator[httpx.AsyncClient]:
    """A running application, and who asks it in this process."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    life = asyncio.ensure_future(app({"type": "lifespan"}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    assert (await said.get())["type"] == "lifespan.startup.complete"
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    await told.put({"type": "lifespan.shutdown"})
    assert (await said.get())["type"] == "lifespan.shutdown.complete"
    await life


def by_name(scope: Any) -> Caller:
    """Callers say their names: this test is not about how they are known."""
    name = next((value.decode() for key, value in scope["headers"] if key == b"x-name"), None)
    return Caller(name)


def named(name: str | None) -> dict[str, str]:
    return {} if name is None else {"X-Name": name}


def shown(page: str) -> list[str]:
    return re.findall(r"<li>([^<]*)</li>", page)


class Watching:
    """An open page, message by message: `parts` is what it shows."""

    def __init__(self, app: Any, name: str | None, query: bytes = b"page=/desk") -> None:
        self.parts: dict[str, str] = {}
        self.kinds: list[str] = []
        self.status = 0
        self._gone = asyncio.Event()
        headers = [(key.lower().encode(), value.encode()) for key, value in named(name).items()]
        self._rest = ""
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/live",
            "raw_path": b"/live",
            "root_path": "",
            "query_string": query,
            "headers": [(b"host", b"test"), *headers],
            "http_version": "1.1",
            "scheme": "http",
            "client": ("test", 1),
        }
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        *blocks, self._rest = (self._rest + message.get("body", b"").decode()).split("\n\n")
        for block in blocks:
            lines = [line.partition(": ") for line in block.split("\n")]
            html = "\n".join(value for key, _, value in lines if key == "data")
            self.kinds += [value for key, _, value in lines if key == "event"]
            if ("event", ": ", "part") in lines:
                for part in re.split(r"(?=<[a-z]+ data-live=)", html):
                    if found := re.search(r' id="([\w-]+)"', part):
                        self.parts[found[1]] = part.strip()

    async def leave(self) -> None:
        self._gone.set()
        await self.task
