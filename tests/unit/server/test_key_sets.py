import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.unit.server.provider import Provider

from antiphon import Issuer, Tokens
from antiphon.errors import NotSignedIn, Unavailable
from antiphon.observations import KeysNotFetched, Observation, Observers
from antiphon.server import key_sets
from antiphon.server.key_sets import KeySets


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    made = Provider(tmp_path)
    yield made
    made.hold.set()
    made.stop()


@asynccontextmanager
async def kept(issuer: Issuer) -> AsyncIterator[list[Observation]]:
    """The issuer's keys are fetched in the background meanwhile; yields what is observed."""
    seen: list[Observation] = []
    observers = Observers()
    observers.add(seen.append)
    fetching = KeySets((issuer,), observers)
    fetching.start()
    try:
        yield seen
    finally:
        await fetching.stop()


async def believed(issuer: Issuer, token: str) -> str | None:
    """Whom the token stands for, once its key is known."""
    async with asyncio.timeout(10):
        while True:
            try:
                return issuer.verify(token).id
            except Unavailable:
                await asyncio.sleep(0.01)


async def observed(seen: list[Observation]) -> None:
    for _ in range(1000):
        if seen:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing was observed")


def test_keys_are_fetched_at_the_start(provider: Provider) -> None:
    async def check() -> None:
        issuer = provider.issuer()
        token = provider.tokens.issue("ana")
        async with kept(issuer) as seen:
            with pytest.raises(Unavailable):
                issuer.verify(token)
            assert await believed(issuer, token) == "ana"
            assert provider.asked == 1
            assert seen == []

    asyncio.run(check())


def test_a_new_key_is_learnt_of_when_it_comes(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        issuer = provider.issuer()
        async with kept(issuer):
            old = provider.tokens.issue("ana")
            assert await believed(issuer, old) == "ana"
            provider.new_key()
            new = provider.tokens.issue("ben")
            with pytest.raises(NotSignedIn):
                issuer.verify(new)  # asked a moment ago
            monkeypatch.setattr(key_sets, "AGAIN_SECONDS", 0.05)
            await asyncio.sleep(0.1)
            assert await believed(issuer, new) == "ben"
            with pytest.raises(NotSignedIn):  # its key is shown no more
                issuer.verify(old)

    asyncio.run(check())


def test_strangers_do_not_make_us_ask_without_end(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "AGAIN_SECONDS", 0.2)

    async def check() -> None:
        issuer = provider.issuer()
        async with kept(issuer):
            await believed(issuer, provider.tokens.issue("ana"))
            stranger = Tokens(tmp_path / "other", issuer="https://accounts.example", audience="songs")
            for _ in range(100):
                with pytest.raises((NotSignedIn, Unavailable)):
                    issuer.verify(stranger.issue("eve"))
                await asyncio.sleep(0.01)
            assert 2 <= provider.asked <= 8

    asyncio.run(check())


def test_while_the_provider_is_down_what_is_known_stays(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "REFRESH_SECONDS", 0.05)

    async def check() -> None:
        issuer = provider.issuer()
        token = provider.tokens.issue("ana")
        async with kept(issuer) as seen:
            await believed(issuer, token)
            provider.stop()
            await observed(seen)
            assert isinstance(seen[0], KeysNotFetched)
            assert seen[0].issuer == "https://accounts.example"
            assert issuer.verify(token).id == "ana"
            provider.new_key()
            new = provider.tokens.issue("ben")
            with pytest.raises(Unavailable):  # whether it is good cannot be known
                issuer.verify(new)
            provider.start(provider.port)
            assert await believed(issuer, new) == "ben"

    asyncio.run(check())


def test_a_provider_that_does_not_answer_holds_nobody_up(provider: Provider) -> None:
    async def check() -> None:
        provider.hold.clear()
        issuer = provider.issuer()
        token = provider.tokens.issue("ana")
        async with kept(issuer):
            await asyncio.sleep(0.2)
            began = asyncio.get_running_loop().time()
            with pytest.raises(Unavailable):
                issuer.verify(token)
            assert asyncio.get_running_loop().time() - began < 0.1
            provider.hold.set()
            assert await believed(issuer, token) == "ana"

    asyncio.run(check())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"broken"),
        (302, b""),
        (200, b"<html>"),
        (200, b""),
        (200, json.dumps({"keys": "none"}).encode()),
        (200, b"[" * 100_000),
        (200, b" " * (key_sets.LARGEST + 1)),
    ],
)
def test_what_is_no_key_set_is_observed(provider: Provider, status: int, body: bytes) -> None:
    async def check() -> None:
        issuer = provider.issuer()
        token = provider.tokens.issue("ana")
        provider.status, provider.body = status, body
        async with kept(issuer) as seen:
            await observed(seen)
            assert isinstance(seen[0], KeysNotFetched)
            with pytest.raises(Unavailable):
                issuer.verify(token)
            provider.status, provider.body = 200, None
            assert await believed(issuer, token) == "ana"

    asyncio.run(check())
