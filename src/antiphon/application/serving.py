"""Serving an application, or several at one address."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeAlias

from antiphon.application.application import Application
from antiphon.application.services import Services
from antiphon.application.worker import Worker
from antiphon.bus import pipes
from antiphon.errors import AntiphonError, DeclarationError
from antiphon.observations import Observers
from antiphon.observers import Logs, tell
from antiphon.server.inheritance import Inheritance, inherited
from antiphon.server.limits import memory_of_limits
from antiphon.server.serve import announce, listen, run
from antiphon.server.supervisor import Supervisor
from antiphon.settings import Settings
from antiphon.store import hold, open_store

Served: TypeAlias = Application | Services
"""What can be served."""


def serve(
    app: Served, settings: Settings | None = None, *, prepare: Callable[[], None] | None = None
) -> bool:
    """Run `app` until a signal comes; prints `listening on http://H:N` once it answers. Whether it started.

    With the setting `workers`, so many processes serve it, each of which runs the program again, by its
    command line. `prepare` is called once, before any of them serves, when nobody else has the data.

    Raises:
        SettingError: the address cannot be listened on.
        StoreError: another server has the data, or they cannot be used as they are.
        DeclarationError: it reacts to an application that does not run along.
    """
    _refuse_absent(app)
    if settings is not None:
        app.settings = settings
    chosen = app.current_settings()
    if (inheritance := inherited()) is not None:
        return _work(app, chosen, inheritance)
    with ExitStack() as held:
        locks = [
            held.enter_context(hold(chosen.store or chosen.data, each.name)) for each in app.applications
        ]
        if prepare is not None:
            prepare()
        banner = f"{_places(app)} · description at /docs · data in {chosen.data}"
        listeners = listen(chosen.host, chosen.port, chosen.workers)

        def started() -> None:
            announce(listeners[0], banner)

        if chosen.workers == 1:
            return _run(app, chosen, listeners[0], started)
        for each in app.applications:  # one that is begun anew must find the tables as they are
            place = chosen.store or chosen.data
            open_store(place, each.name, each.declarations, chosen, Observers()).close()
        return _supervise(chosen, listeners, [lock.fileno() for lock in locks], started)


def _run(app: Served, settings: Settings, listener: socket.socket, started: Callable[[], None]) -> bool:
    try:
        return run(app, settings, listener, started)
    except SystemExit:
        if app.failure is not None:
            raise app.failure from None
        raise


def _supervise(
    settings: Settings,
    listeners: Sequence[socket.socket],
    held: Sequence[int],
    started: Callable[[], None],
) -> bool:
    """Have workers serve."""
    ends = pipes(settings.workers)
    limits = _memory(memory_of_limits())

    def inherit(place: int, line: int) -> Inheritance:
        return Inheritance(
            place,
            settings.workers,
            os.getpid(),
            line,
            listeners[place].fileno(),
            limits,
            ends[place].mine,
            ends[place].others,
            tuple(held),
        )

    def close() -> None:
        for each in listeners:
            each.close()

    async def supervise() -> bool:
        observers = Observers()
        observers.add(Logs(settings.log_format, settings.log_level).observe)
        return await Supervisor(settings.workers, inherit, started, observers).run(close)

    return asyncio.run(supervise())


def _work(app: Served, settings: Settings, inheritance: Inheritance) -> bool:
    """Serve as one of several."""
    app.worker = worker = Worker(
        inheritance, lambda: tell({each.name: each.metrics for each in app.applications})
    )
    try:
        return _run(app, settings, socket.socket(fileno=inheritance.listener), worker.line.open)
    except AntiphonError as error:  # the supervisor says it, once for all
        worker.line.not_started(error.detail, error.hint)
        return False


def _memory(content: bytes) -> int:
    """An open file in memory, which no name leads to."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("antiphon")
    else:
        file, name = tempfile.mkstemp()
        os.unlink(name)  # noqa: PTH108
    with os.fdopen(os.dup(file), "wb") as written:
        written.write(content)
    return file


def _refuse_absent(app: Served) -> None:
    """Refuse to wait for ever for what never starts in this process."""
    for each in app.applications:
        for reaction in each.reactions:
            source = each.sources.get(reaction.service)
            if isinstance(source, Application) and source not in app.applications:
                raise DeclarationError(
                    f"The reaction {reaction.name} reacts to {source.name}, which does not run here.",
                    f'Say where it does: Application(..., sources={{"{source.name}": "http://..."}}).',
                )


def _places(app: Served) -> str:
    """What is served where, in a line."""
    served = [f"{each.name}: {' '.join(one.path for one in each.served)}" for each in app.applications]
    log = "/events" if isinstance(app, Application) else "/services/NAME/events"
    return " · ".join([*served, f"log at {log}"])
