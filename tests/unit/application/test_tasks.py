"""Tasks run while the application serves: begun again when they fail, ended at the stop."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.features.reacting import running

from antiphon import Application, Resource, Services, Settings, Transaction
from antiphon.client import pauses
from antiphon.errors import DeclarationError
from antiphon.observations import Failed


class Note(Resource):
    text: str


def made(folder: Path, *tasks: Any, **settings: Any) -> Application:
    chosen = Settings(data=str(folder), log_level="error", **settings)
    return Application(Note, name="notes", tasks=tasks, settings=chosen)


def test_a_task_may_write_while_the_application_serves_and_ends_with_it(tmp_path: Path) -> None:
    async def check() -> None:
        done = asyncio.Event()
        ended: list[str] = []

        async def keep(app: Application) -> None:
            def command(tx: Transaction) -> None:
                tx.create(Note(id="one", text="written"))

            await app.write(command)
            done.set()
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("cancelled")

        app = made(tmp_path, keep)
        async with running(app):
            await asyncio.wait_for(done.wait(), 5)
            assert (await app.get(Note, "one")).text == "written"
            assert ended == []
        assert ended == ["cancelled"]

    asyncio.run(check())


def test_one_that_fails_is_told_and_begun_again_and_hinders_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        monkeypatch.setattr(pauses, "FIRST", 0.01)
        runs: list[str] = []
        well = asyncio.Event()

        async def stumble(app: Application) -> None:
            runs.append("stumble")
            if len(runs) < 4:
                raise ValueError("not yet")
            well.set()

        async def once(app: Application) -> None:
            other.append("once")

        other: list[str] = []
        app = made(tmp_path, stumble, once)
        async with running(app) as seen:
            await asyncio.wait_for(well.wait(), 5)
            await asyncio.sleep(0.05)  # one that returned is not begun again
        assert len(runs) == 4
        assert other == ["once"]
        failures = [each for each in seen if isinstance(each, Failed)]
        assert [str(each.error) for each in failures] == ["not yet"] * 3

    asyncio.run(check())


def test_one_that_does_not_end_cannot_hold_up_the_stop(tmp_path: Path) -> None:
    async def check() -> None:
        let_go = asyncio.Event()

        async def stubborn(app: Application) -> None:
            while not let_go.is_set():
                try:
                    await asyncio.wait_for(let_go.wait(), 60)
                except asyncio.CancelledError:
                    continue

        app = made(tmp_path, stubborn, drain_seconds=0.1)
        async with asyncio.timeout(5):
            async with running(app):
                await asyncio.sleep(0.01)
        let_go.set()

    asyncio.run(check())


def test_a_task_of_services_begins_when_all_have_started(tmp_path: Path) -> None:
    async def check() -> None:
        found: list[str] = []
        done = asyncio.Event()

        async def look(app: Application) -> None:
            await other.find(Note)
            found.append(app.name)
            done.set()

        class Other(Resource):
            text: str

        first = Application(Other, name="first", tasks=(look,))
        other = Application(Note, name="other")
        services: Any = Services(first, other, settings=Settings(data=str(tmp_path), log_level="error"))
        services.observers = other.observers
        async with running(services):
            await asyncio.wait_for(done.wait(), 5)
        assert found == ["first"]

    asyncio.run(check())


def not_async(app: Application) -> None: ...


async def of_nothing() -> None: ...


@pytest.mark.parametrize("task", [not_async, of_nothing, 3])
def test_what_is_no_task_is_refused(tmp_path: Path, task: Any) -> None:
    with pytest.raises(DeclarationError) as caught:
        made(tmp_path, task)
    assert "async def" in str(caught.value.hint)
