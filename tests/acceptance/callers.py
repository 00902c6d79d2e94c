"""Callers of the application in `private.py`, and how they ask over HTTP: many at a time."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

import httpx
from tests.acceptance.private import ISSUER
from tests.acceptance.server import PATIENCE, Server
from tests.acceptance.sights import Who, secrets

from antiphon import Tokens

AT_ONCE = 24
WHO = {
    "unknown": Who(None),
    "stranger": Who("stan"),
    "owner": Who("olga"),
    "member": Who("mia", groups=frozenset({"red"})),
    "clerk": Who("cleo", roles=frozenset({"clerk"})),
    "service": Who("serv", roles=frozenset({"service"}), groups=frozenset({"blue"})),
}
"""Whose requests are answered, by kind."""
OVER = "over-and-done"
"""A session that is revoked."""


def headers_of(tokens: Tokens, who: Who, **more: Any) -> dict[str, str]:
    """What a caller sends along."""
    if who.id is None:
        return {}
    token = tokens.issue(who.id, roles=who.roles, groups=who.groups, **more)
    return {"Authorization": f"Bearer {token}"}


class Asker:
    """One who asks a server, and keeps all that it is answered."""

    def __init__(self, http: httpx.AsyncClient, who: Who, headers: dict[str, str], known: set[str]) -> None:
        self.who = who
        self.headers = headers
        self.known = known
        """The secrets that it may be told."""
        self._http = http
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def ask(self, method: str, url: str, **request: Any) -> httpx.Response:
        """The answer, once it is certain that it tells nothing that the caller may not know."""
        headers = {**self.headers, **request.pop("headers", {})}
        async with self._turn:
            answer = await self._http.request(method, url, headers=headers, **request)
        said = answer.text + "\n" + "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        asked = f"{answer.request.url} {answer.request.content.decode()} {headers}"
        told = secrets(said) - secrets(asked) - self.known
        assert not told, f"{method} {url} tells {self.who} {told}: {said}"
        return answer

    async def get(self, url: str, status: int = 200, **headers: str) -> Any:
        """What is there, as JSON."""
        answer = await self.ask("GET", url, headers=headers)
        assert answer.status_code == status, f"{self.who} {url}: {answer.text}"
        return answer.json()

    async def pages(self, url: str) -> list[dict[str, Any]]:
        """All records, page by page."""
        found: list[dict[str, Any]] = []
        following: str | None = url
        while following is not None:
            answer = await self.get(following)
            found += answer["items"]
            following = answer["next"]
        return found

    async def stream(self, url: str, over: Callable[[bytes], bool], **headers: str) -> bytes:
        """What a stream has told when it is `over`, or at its end; b"" if it is refused."""
        found = b""
        asking = {**self.headers, "Accept": "text/event-stream", **headers}
        async with self._http.stream("GET", url, headers=asking) as answer:
            if answer.status_code in (401, 403):
                return b""
            assert answer.status_code == 200, (await answer.aread()).decode()
            async for piece in answer.aiter_raw():
                found += piece
                if found.endswith(b"\n\n") and over(found):
                    break
        told = secrets(found.decode()) - self.known
        assert not told, f"{url} tells {self.who} {told}: {found.decode()}"
        return found


def asking(server: Server, work: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    """Run what asks `server`."""

    async def run() -> Any:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=server.url, timeout=PATIENCE, trust_env=False, limits=limits
        ) as http:
            return await work(http)

    return asyncio.run(run())


def tokens_of(folder: Path) -> Tokens:
    """The application's own tokens: it and the tests share the folder of its keys."""
    return Tokens(folder, issuer=ISSUER)


async def together(work: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The results of all; the first that fails is raised."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
    return [task.result() for task in tasks]


def lines(answer: httpx.Response) -> list[Any]:
    """The records in an NDJSON answer."""
    return [json.loads(line) for line in answer.text.splitlines()]
