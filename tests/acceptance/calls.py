"""Calls to music that are timed, and made again until they are answered."""

import asyncio
import time
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import uuid4

import httpx
from tests.acceptance.music import Music
from tests.acceptance.server import PATIENCE

AGAIN_SECONDS = 0.1


class Call(NamedTuple):
    """One request to a service, and why it was not answered if it was not."""

    service: str
    what: str
    begun: float
    ended: float
    trouble: str


class Line:
    """Sends requests to whichever process has the path; `calls` are all that were made."""

    def __init__(self, music: Music) -> None:
        self.music = music
        self.calls: list[Call] = []
        # a connection that a server lets go of for it was idle must not look like one that was killed
        limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
        self._http = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, limits=limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def once(self, method: str, path: str, token: str = "", **options: Any) -> httpx.Response | None:
        """Send a request; None if it is not answered, or it is said that it cannot be."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        begun, answer, trouble = time.monotonic(), None, ""
        try:
            answer = await self._http.request(method, self.music.at(path), headers=headers, **options)
            if answer.status_code >= 500 or answer.status_code == 429:
                trouble = f"{answer.status_code} {answer.text}"
        except httpx.TransportError as error:
            trouble = repr(error)
        what = f"{method} {path.partition('?')[0]}"
        self.calls.append(Call(self.music.owner(path), what, begun, time.monotonic(), trouble))
        return None if trouble else answer

    async def ask(self, method: str, path: str, token: str = "", body: Any = None) -> httpx.Response:
        """The same until it is answered; it is done once, however often it is sent."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        if method != "GET":
            options["headers"] = {"Idempotency-Key": str(uuid4())}
        while True:
            answer = await self.once(method, path, token, **options)
            if answer is not None:
                return answer
            await asyncio.sleep(AGAIN_SECONDS)
