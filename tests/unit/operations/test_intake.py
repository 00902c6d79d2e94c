"""The intake: when commands go to the writer, and in what order."""

import asyncio
from typing import Any

from antiphon.errors import Unavailable
from antiphon.operations import Context, Pending, Transaction
from antiphon.operations.intake import TURNS, Intake


class Taken:
    """A store that takes commands and runs none."""

    incarnation = "taken"

    def __init__(self) -> None:
        self.commands: list[Any] = []
        self.refuses = False

    def submit(self, pending: Pending) -> None:
        if self.refuses:
            raise Unavailable("The service stops.")
        self.commands.append(pending.context.trace)


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
        for number in range(TURNS + 5):
            intake.submit(pending(str(number)))
            await turns(1)
        assert store.commands[0] == "0"

    asyncio.run(scenario())


def test_commands_wait_for_the_batch_before_to_be_answered() -> None:
    async def scenario() -> None:
        store, intake = make()
        intake.submit(pending("a"))
        await turns(3)
        intake.submit(pending("b"))
        await turns(TURNS)
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
