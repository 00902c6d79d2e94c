"""What `antiphon follow --exec` does for each change."""

import asyncio
import os
import shlex
import shutil

import msgspec

from antiphon.client import Event
from antiphon.errors import AntiphonError


class Reaction:
    """A command that is run for each event but "live", one after the other.

    Raises:
        AntiphonError: there is no such command.
    """

    def __init__(self, command: str) -> None:
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise AntiphonError(f"--exec {command!r} cannot be read: {error}.", "Check its quotes.") from None
        if not self._arguments or shutil.which(self._arguments[0]) is None:
            raise AntiphonError(
                f"There is no command {command!r}.", "For a shell, write --exec 'sh -c \"…\"'."
            )

    async def run(self, event: Event) -> None:
        """Run it and wait; raises `AntiphonError` if it fails, so that the event is not taken as handled."""
        if event.kind == "live":
            return
        process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, "ANTIPHON_KIND": event.kind, "ANTIPHON_POSITION": event.position or ""},
            process_group=0,  # Ctrl-C is for us: the command finishes
        )
        try:
            await process.communicate(msgspec.json.encode(event) + b"\n")
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise AntiphonError(
                f"{self._arguments[0]} ended with {process.returncode} at {event.position or event.kind}.",
                "With --state, the next run begins with the same change.",
            )
