"""Operations: health, and metrics."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.application.worker import Worker
from antiphon.errors import Problem, Unavailable
from antiphon.observers import Metrics, exposition
from antiphon.observers.metrics import MEDIA_TYPE
from antiphon.operations import Service

READY_SECONDS = 5.0


class Observed(Protocol):
    """An application, as far as operations look at it."""

    name: str
    metrics: Metrics

    @property
    def service(self) -> Service: ...


class Works(Protocol):
    """What the parts are parts of."""

    worker: Worker | None


def operations_routes(parts: Sequence[Observed], whole: Works) -> list[BaseRoute]:
    """`/health/live`: the process answers. `/health/ready`: each part's store answers too. `/metrics`."""

    async def live(request: Request) -> Response:
        return _text("live")

    async def ready(request: Request) -> Response:
        await asyncio.gather(*(_answers(each) for each in parts))
        return _text("ready")

    async def metrics(request: Request) -> Response:
        mine = {each.name: each.metrics for each in parts}
        if (worker := whole.worker) is None:
            text = exposition(mine)
        else:
            text = exposition(mine, worker.place, await worker.line.ask())
        return Response(text, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


async def _answers(part: Observed) -> None:
    """Raise `Unavailable` unless the part is there for requests."""
    service = part.service
    if service.draining:
        raise Unavailable(f"The service {part.name} stops.", "Ask another.")
    try:
        async with asyncio.timeout(READY_SECONDS):
            await service.reader.run(lambda snapshot: snapshot.position)
    except Problem:
        raise
    except Exception as error:
        raise Unavailable(
            f"The store of {part.name} does not answer: {str(error) or 'it takes too long'}.", "See the log."
        ) from error


def _text(what: str) -> Response:
    return Response(what + "\n", media_type="text/plain", headers={"Cache-Control": "no-store"})
