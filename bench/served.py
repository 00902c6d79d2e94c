"""The service under measurement: `python -m bench.served FOLDER` serves the catalogue in the folder.

`POST /nothing` is the limit of `POST /songs`: the same server reads and checks the same body and answers
with the same bytes a created song has, but writes nothing.
"""

import sys
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon import Application, Caller, Settings, serve
from antiphon.resources import declare, uuid7
from bench.catalog import NAME, RESOURCES, Song

songs = declare(Song)


async def nothing(request: Request) -> Response:
    """Check a song, and answer as if it had been created."""
    song = songs.parse(await request.body())
    song.id = uuid7()
    song.revision = 1_000_000
    headers = {
        "Antiphon-Position": "0123456789-1000000",
        "Cache-Control": "no-store",
        "ETag": '"0123456789-1000000"',
        "Location": f"/songs/{song.id}",
    }
    return Response(songs.encode(song), 201, headers, "application/json")


def editor(scope: Any) -> Caller:
    """Whoever asks may write."""
    return EDITOR


EDITOR = Caller("editor", roles=frozenset({"editor"}))
app = Application(
    *RESOURCES, name=NAME, routes=[Route("/nothing", nothing, methods=["POST"])], identify=editor
)

if __name__ == "__main__":
    serve(app, Settings(port=0, data=sys.argv[1], log_level="warning", rate_per_caller=0))
