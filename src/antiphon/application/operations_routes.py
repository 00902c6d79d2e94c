"""Operations: health, metrics, and the list of what is served."""

import asyncio
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.errors import Problem, Unavailable
from antiphon.observers import Metrics
from antiphon.observers.metrics import MEDIA_TYPE
from antiphon.operations import Service

READY_SECONDS = 5.0


class Observed(Protocol):
    """The application, as far as operations look at it."""

    metrics: Metrics

    @property
    def service(self) -> Service: ...


def operations_routes(app: Observed) -> list[BaseRoute]:
    """`/health/live`: the process answers. `/health/ready`: its store answers too. `/metrics`."""

    async def live(request: Request) -> Response:
        return _text("live")

    async def ready(request: Request) -> Response:
        service = app.service
        if service.draining:
            raise Unavailable("The service stops.", "Ask another.")
        try:
            async with asyncio.timeout(READY_SECONDS):
                await service.reader.run(lambda snapshot: snapshot.position)
        except Problem:
            raise
        except Exception as error:
            raise Unavailable(f"The store does not answer: {error}.", "See the log.") from error
        return _text("ready")

    async def metrics(request: Request) -> Response:
        return Response(app.metrics.text(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


def _text(what: str) -> Response:
    return Response(what + "\n", media_type="text/plain", headers={"Cache-Control": "no-store"})
