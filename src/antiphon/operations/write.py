"""Writing: commands, and how a caller waits for one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from antiphon.operations.interfaces import Context, Store
from antiphon.operations.transaction import Transaction

T = TypeVar("T")
NOBODY = Context()
Command = Callable[[Transaction], T]


class Pending(Struct, eq=False):
    """A command on its way. `number` is the newest position once it is committed.

    `ran` is called by the writer once it has run the command, before it commits. `then` makes of the result
    what the caller gets, on the event loop, maybe while it is committed: if that fails, nobody gets it.
    """

    command: Command[Any]
    context: Context
    future: "asyncio.Future[Any] | Future[Any]"
    result: Any = None
    error: Exception | None = None
    number: int = 0
    ran: Callable[[], object] | None = None
    then: Callable[[Any], Any] | None = None

    def make(self) -> None:
        """Make what the caller gets, unless that is done."""
        then, self.then = self.then, None
        if then is not None and self.error is None:
            try:
                self.result = then(self.result)
            except Exception as error:
                self.error = error

    def settle(self) -> None:
        """Answer the caller, unless it has gone."""
        if self.future.done():
            return
        self.make()
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result((self.result, self.number))


class Takes(Protocol):
    """What takes commands: a store, or the intake before it."""

    def submit(self, pending: Any) -> None: ...


async def write(
    command: Command[Any],
    store: Takes,
    context: Context = NOBODY,
    then: Callable[[Any], Any] | None = None,
) -> tuple[Any, int]:
    """Run `command` in a transaction; returns its result, or what `then` makes of it, and the number of the
    position after it.

    It is durable when this returns, and followers are told of it (of thousands of changes: soon). Whatever
    the command raises is raised here, and nothing it did remains. A caller that is cancelled does not know:
    the command may still run.
    """
    future: asyncio.Future[tuple[Any, int]] = asyncio.get_running_loop().create_future()
    store.submit(Pending(command, context, future, then=then))
    return await future


def write_and_wait(command: Command[T], store: Store, context: Context = NOBODY) -> tuple[T, int]:
    """The same from a thread without an event loop."""
    future: Future[tuple[T, int]] = Future()
    store.submit(Pending(command, context, future))
    return future.result()
