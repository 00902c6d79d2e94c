"""The lifespan of what is served: from its start to its stop (ASGI Lifespan Protocol 2.0)."""

import logging
from typing import Any, Protocol

from antiphon.application.worker import Worker
from antiphon.observers import Logs
from antiphon.settings import Settings


class Lives(Protocol):
    """What can be started and stopped."""

    failure: Exception | None
    worker: Worker | None

    def current_settings(self) -> Settings: ...

    async def start(self, logs: Logs) -> None: ...

    def begin(self) -> None: ...

    async def stop(self) -> None: ...


async def lifespan(app: Lives, receive: Any, send: Any) -> None:
    """Start `app`, wait for the end, stop it. The process logs meanwhile, once, whatever runs in it."""
    await receive()
    try:
        settings = app.current_settings()
    except Exception as error:
        await _failed(app, error, send)
        return
    place = None if app.worker is None else app.worker.place
    logs = Logs(settings.log_format, settings.log_level, worker=place)
    logging.getLogger().addHandler(logs)
    try:
        try:
            await app.start(logs)
        except Exception as error:
            await _failed(app, error, send)
            return
        app.begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await app.stop()
        await send({"type": "lifespan.shutdown.complete"})
    finally:
        logging.getLogger().removeHandler(logs)


async def _failed(app: Lives, error: Exception, send: Any) -> None:
    app.failure = error
    await send({"type": "lifespan.startup.failed", "message": str(error)})
