"""Key sets of issuers elsewhere, fetched in the background."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import httpx

from antiphon.access import Issuer
from antiphon.observations import KeysNotFetched, Observers

REFRESH_SECONDS = 300.0
AGAIN_SECONDS = 10.0
"""Between two fetches that unknown keys ask for."""
LONGEST_PAUSE = 60.0
TIMEOUT = 10.0
LARGEST = 1024 * 1024


class KeySets:
    """The keys of `issuers`, as they show them: fetched at once, every few minutes, and when one is unknown.

    While an issuer does not answer, what was learnt before stays; it is asked again, less and less often.
    """

    def __init__(self, issuers: Sequence[Issuer], observers: Observers) -> None:
        self._issuers = issuers
        self._observers = observers
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to fetch, without waiting for it."""
        self._tasks = [asyncio.create_task(self._keep(issuer)) for issuer in self._issuers]

    async def stop(self) -> None:
        """Fetch no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, issuer: Issuer) -> None:
        loop = asyncio.get_running_loop()
        wanted = asyncio.Event()
        fetched = float("-inf")
        failures = 0

        def ask() -> bool:
            if loop.time() - fetched < AGAIN_SECONDS:
                return failures > 0
            wanted.set()
            return True

        issuer.ask = ask
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            while True:
                try:
                    issuer.learn(await _fetch(client, issuer.jwks_url))
                    failures = 0
                except Exception as error:  # whatever it was, it must not be the last try
                    failures += 1
                    self._observers(KeysNotFetched(issuer.issuer, error))
                fetched = loop.time()
                wanted.clear()
                pause = min(LONGEST_PAUSE, 2.0 ** min(failures - 1, 10)) if failures else REFRESH_SECONDS
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await wanted.wait()


async def _fetch(client: httpx.AsyncClient, url: str) -> bytes:
    """The body at `url`; raises `httpx.HTTPError`, `TimeoutError`, or `ValueError` if it is no good."""
    async with (
        asyncio.timeout(TIMEOUT),
        client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code != 200:
            raise ValueError(f"{url} answers {answer.status_code}")
        pieces, length = [], 0
        async for piece in answer.aiter_bytes():
            pieces.append(piece)
            length += len(piece)
            if length > LARGEST:
                raise ValueError(f"{url} sends more than {LARGEST:,} bytes")
        return b"".join(pieces)
