"""Log lines: one an observation, structured, on standard error."""

import logging
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from antiphon.observations import (
    Failed,
    KeysNotFetched,
    Observation,
    Pruned,
    ReactionFailed,
    ReactionHeld,
    Served,
    StoreFailed,
    WorkerEnded,
)

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Logs(logging.Handler):
    """Writes observations, and what libraries log, as text (`key=value`) or as JSON, one a line.

    `worker` is which worker of a server it is, if there are several.
    """

    def __init__(
        self, form: str, level: str, stream: TextIO | None = None, worker: int | None = None
    ) -> None:
        super().__init__(logging.WARNING)
        self._json = form == "json"
        self._least = LEVELS[level]
        self._stream = stream or sys.stderr
        self._always: dict[str, Any] = {} if worker is None else {"worker": worker}

    def of(self, service: str) -> Callable[[Observation], None]:
        """A listener that writes what it observes under the name of a service."""
        return lambda observation: self.observe(observation, service)

    def observe(self, observation: Observation, service: str | None = None) -> None:
        """Write a line for what is worth one at this level; `service` is where it happened."""
        match observation:
            case Served():
                level = 40 if observation.status >= 500 else 20
            case Failed() | StoreFailed() | WorkerEnded():
                level = 40
            case KeysNotFetched():
                level = 30
            case ReactionFailed(parked=parked):
                level = 40 if parked else 30
            case ReactionHeld(state=state):
                level = 40 if state == "gone" else 30
            case Pruned():
                level = 20
            case _:
                level = 10
        if level < self._least:
            return
        members: dict[str, Any] = {} if service is None else {"service": service}
        members |= {name: getattr(observation, name) for name in observation.__struct_fields__}
        error = members.pop("error", None)
        if isinstance(error, BaseException):
            members["error"] = f"{type(error).__name__}: {error}"
            members["trace"] = "".join(traceback.format_exception(error))
        self._write(level, type(observation).__name__.lower(), members)

    def emit(self, record: logging.LogRecord) -> None:
        members = {"logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            members["trace"] = "".join(traceback.format_exception(record.exc_info[1]))
        self._write(record.levelno, "library", members)

    def _write(self, level: int, event: str, members: dict[str, Any]) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        name = logging.getLevelName(level).lower()
        members = self._always | members
        if self._json:
            line = msgspec.json.encode({"time": time, "level": name, "event": event, **members}).decode()
        else:
            trace = members.pop("trace", "")
            pairs = " ".join(f"{key}={_short(value)}" for key, value in members.items() if value is not None)
            line = f"{time} {name:<7} {event} {pairs}" + (f"\n{trace.rstrip()}" if trace else "")
        with suppress(OSError, ValueError):  # a full disk, a closed pipe: the service goes on without its log
            self._stream.write(line + "\n")


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}"
    text = str(value)
    return text if text.isprintable() and " " not in text and '"' not in text else repr(text)
