"""`antiphon follow`."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import typer

from antiphon.cli.flags import flag
from antiphon.cli.lines import event_line
from antiphon.cli.reaction import Reaction
from antiphon.client import Client, Event
from antiphon.errors import AntiphonError, PositionGone

Handle = Callable[[Event], Awaitable[None]]


def follow(
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="as http://127.0.0.1:8000/songs?genre=jazz", show_default=False),
    ],
    json: Annotated[bool, flag("follow", "json", "print NDJSON: kind, position and record")] = False,
    command: Annotated[
        str,
        flag(
            "follow",
            "exec",
            "run this command for each change instead of printing it: its standard input is the change, as "
            "with --json; its environment has ANTIPHON_KIND and ANTIPHON_POSITION",
            metavar="COMMAND",
        ),
    ] = "",
    start: Annotated[
        str,
        flag(
            "follow",
            "from",
            "begin after this position, or with what comes now; else what is there is listed first",
            metavar="POSITION|now",
        ),
    ] = "",
    state: Annotated[
        Path | None,
        flag(
            "follow", "state", "remember the position in this file, and go on there next time", metavar="FILE"
        ),
    ] = None,
) -> None:
    """Print what is there and each change to it as it happens, through restarts of either side."""
    memory = None if state is None else Memory(state)
    after = (memory.position if memory else "") or start
    handle = Reaction(command).run if command else _print_json if json else _printer(urlsplit(url).path)
    notices = logging.StreamHandler()
    notices.setFormatter(logging.Formatter("antiphon: %(message)s"))
    logging.getLogger("antiphon.client").addHandler(notices)
    logging.getLogger("antiphon.client").setLevel(logging.INFO)
    try:
        asyncio.run(_follow(url, after, handle, memory))
    except PositionGone as gone:
        hint = gone.hint if state is None else f"Remove {state}, and begin anew."
        raise AntiphonError(gone.detail, hint) from None


class Memory:
    """A file that holds the position up to which everything was handled; made anew at each step, whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.position = path.read_text().strip() if path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise AntiphonError(f"{path} cannot be read: {error}.", "Name another file.") from None

    def keep(self, position: str) -> None:
        """Remember `position`."""
        if position == self.position:
            return
        partial = self._path.with_name(f".{self._path.name}.partial")
        try:
            partial.write_text(position + "\n")
            partial.replace(self._path)
        except OSError as error:
            raise AntiphonError(f"{self._path} cannot be written: {error}.", "Name another file.") from None
        self.position = position


async def _follow(url: str, after: str, handle: Handle, memory: Memory | None) -> None:
    """Follow until a signal comes; what is being handled then is finished, unless a second signal comes."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    busy = stopping = False

    def stop() -> None:
        nonlocal stopping
        if stopping or not busy:
            task.cancel()
        stopping = True

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop)
    with suppress(asyncio.CancelledError):
        async with (
            Client(url) as client,
            aclosing(client.follow(url, after=after or None, bookmarks=True)) as events,
        ):
            async for event in events:
                busy = True
                if event.kind != "bookmark":
                    await handle(event)
                if memory is not None and event.position is not None:
                    memory.keep(event.position)
                busy = False
                await asyncio.sleep(0)  # a signal is noticed even when events keep coming
                if stopping:
                    return


async def _print_json(event: Event) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
    sys.stdout.buffer.flush()


def _printer(path: str) -> Handle:
    colour = sys.stdout.isatty()

    async def print_readably(event: Event) -> None:
        typer.echo(event_line(event, path, colour))

    return print_readably
