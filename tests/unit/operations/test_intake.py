"""The intake: when commands go to the writer, and in what order."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from tests.unit.operations.running import form, running

from antiphon.errors import Unavailable
from antiphon.operations import Context, Pending, Transaction
from antiphon.operations.intake import GATHERING, GIVEN, Intake


class Taken:
    """A store that takes commands and runs none."""

    incarnation = "taken"

    def __init__(self) -> None:
        self.commands: list[Any] = []
        self.refuses = False

    def submit(self, *pending: Pending) -> None:
        if self.refuses:
            raise Unavailable("The service stops.")
        self.commands += [each.context.trace for each in pending]


def pending(name: str) -> Pending:
    def nothing(tx: Transaction) -> None:
        """Not run."""

    return Pending(nothing, Context(trace=name), asyncio.get_running_loop().create_future())


def make() -> tuple[Any, Intake]:
    store: Any = Taken()
    return store, Intake(store, asyncio.get_running_loop())


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_commands_of_successive_turns_go_together_in_order() -> None:
    async def scenario() -> None:
        store, intake = make()
        for name in "abc":
            intake.submit(pending(name))
            await turns(1)
            assert store.commands == []
        await turns(3)
        assert store.commands == ["a", "b", "c"]

    asyncio.run(scenario())


def test_a_stream_of_commands_does_not_hold_up_the_first() -> None:
    async def scenario() -> None:
        store, intake = make()
        until = time.monotonic() + 10 * GATHERING
        while time.monotonic() < until:
            intake.submit(pending("again"))
            await turns(1)
        assert store.commands

    asyncio.run(scenario())


def test_commands_wait_for_the_batch_before_to_be_answered() -> None:
    async def scenario() -> None:
        store, intake = make()
        intake.submit(pending("a"))
        await turns(3)
        intake.submit(pending("b"))
        await turns(20)
        assert store.commands == ["a"]
        intake.answered()
        await turns(5)
        assert store.commands == ["a", "b"]

    asyncio.run(scenario())


def test_at_a_stop_all_goes_at_once() -> None:
    async def scenario() -> None:
        store, intake = make()
        intake.submit(pending("a"))
        await turns(3)
        intake.submit(pending("b"))
        intake.hand_on()
        assert store.commands == ["a", "b"]

    asyncio.run(scenario())


def test_a_refusal_reaches_the_caller_and_holds_up_none_after() -> None:
    async def scenario() -> None:
        store, intake = make()
        store.refuses = True
        refused = pending("a")
        intake.submit(refused)
        await turns(3)
        assert isinstance(refused.future.exception(), Unavailable)
        store.refuses = False
        intake.submit(pending("b"))
        await turns(3)
        assert store.commands == ["b"]

    asyncio.run(scenario())


def test_commands_have_run_before_a_busy_loop_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (service, _):
            loop = asyncio.get_running_loop()
            ran: list[float] = []
            busy: list[float] = []

            def work() -> None:
                busy.append(time.perf_counter())
                while time.perf_counter() < busy[-1] + 0.002:
                    pass
                if not done.done():
                    loop.call_soon(work)

            done = asyncio.ensure_future(service.write(lambda tx: ran.append(time.perf_counter())))
            loop.call_soon(work)
            await done
            # the loop's work would have let the writer in only every few milliseconds, if ever
            assert sum(begun < ran[0] for begun in busy) <= 4

    asyncio.run(scenario())


def test_a_long_command_does_not_hold_up_the_loop(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (service, _):
            seconds = 60 * GIVEN
            slow = asyncio.ensure_future(service.write(lambda tx: time.sleep(seconds)))
            begun, ticks = time.perf_counter(), 0
            while not slow.done():
                await asyncio.sleep(0.001)
                ticks += 1
            assert time.perf_counter() - begun >= seconds
            assert ticks > 10

    asyncio.run(scenario())


def test_one_that_fails_lets_the_loop_go_on_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (service, _):
            begun = time.perf_counter()
            for _ in range(20):
                failed = asyncio.ensure_future(service.write(lambda tx: 1 / 0))
                await asyncio.wait([failed])
                assert isinstance(failed.exception(), ZeroDivisionError)
            assert await form(service, "Ash") == 1
            assert time.perf_counter() - begun < 5

    asyncio.run(scenario())


def test_what_the_caller_gets_is_made_once_and_only_of_a_result(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (service, _):
            made: list[int] = []

            def make(result: int) -> str:
                made.append(result)
                return f"made of {result}"

            assert await service.write_as(lambda tx: 7, make) == "made of 7"
            assert made == [7]
            with pytest.raises(ZeroDivisionError):
                await service.write_as(lambda tx: 1 // 0, make)
            assert made == [7]
            with pytest.raises(ValueError, match="not made"):
                await service.write_as(lambda tx: 7, refuse)
            assert await service.write_as(lambda tx: slow(60 * GIVEN), make) == "made of 8"
            assert made == [7, 8]

    def refuse(result: int) -> str:
        raise ValueError("not made")

    def slow(seconds: float) -> int:
        time.sleep(seconds)
        return 8

    asyncio.run(scenario())
