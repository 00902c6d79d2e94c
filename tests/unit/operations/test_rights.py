"""Rights: sessions that are over, however it is learned."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from antiphon import Caller, Resource, Settings, Transaction
from antiphon.errors import NotSignedIn
from antiphon.observations import Observers
from antiphon.operations import Context, Rights, Service
from antiphon.resources import declare
from antiphon.store import open_store


class Over(Resource, path="/over"):
    pass


class Note(Resource):
    text: str = ""


DECLARATIONS = (declare(Over), declare(Note))
ANA = Caller("ana", session="s")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Service]:
    observers = Observers()
    store = open_store(folder, "notes", DECLARATIONS, Settings(), observers)
    rights = Rights(None, declare(Over))
    service = Service("notes", DECLARATIONS, store, Settings(), observers, rights)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def run(folder: Path, check: Callable[[Service], Any]) -> None:
    async def begin() -> None:
        async with running(folder) as service:
            await check(service)

    asyncio.run(begin())


def end(tx: Transaction) -> None:
    tx.create(Over(id="s"))


def stream_of(service: Service) -> asyncio.Future[str]:
    """A stream that ends with the session."""
    stream: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    service.rights.bound(ANA, stream)
    return stream


def test_a_session_is_over_from_the_record_on_that_ends_it(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        stream = stream_of(service)
        service.rights.require_open(ANA)
        await service.write(end)
        assert await asyncio.wait_for(stream, 5) == "expired"
        with pytest.raises(NotSignedIn):
            service.rights.require_open(ANA)
        assert await asyncio.wait_for(stream_of(service), 5) == "expired"

    run(tmp_path, check)

    async def check_again(service: Service) -> None:
        with pytest.raises(NotSignedIn):
            service.rights.require_open(ANA)

    run(tmp_path, check_again)


def test_a_write_in_the_same_batch_as_the_end_of_its_session_comes_before_it_or_not_at_all(
    tmp_path: Path,
) -> None:
    async def check(service: Service) -> None:
        def note(text: str) -> Any:
            return service.write_as(lambda tx: tx.add(Note(text=text)), lambda made: made, Context(ANA))

        tries = (note("before"), service.write(end), note("after"))
        found: list[Any] = await asyncio.gather(*tries, return_exceptions=True)
        assert not isinstance(found[0], BaseException)
        assert isinstance(found[2], NotSignedIn)

    run(tmp_path, check)


def test_what_the_log_no_longer_tells_is_learned_from_the_state(tmp_path: Path) -> None:
    """Another process ends the session, and retention removes the entry before this one has read it."""

    async def check(service: Service) -> None:
        stream = stream_of(service)
        service.live._hand_out = lambda changes: None  # type: ignore[method-assign]
        await service.write(end)
        service.rights.require_open(ANA)  # it has not heard of it
        service.live._skip(1)
        assert await asyncio.wait_for(stream, 5) == "expired"
        with pytest.raises(NotSignedIn):
            service.rights.require_open(ANA)

    run(tmp_path, check)
