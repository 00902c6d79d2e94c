"""The catalogue as a service."""

from __future__ import annotations

from antiphon import Application

from ..endings import Ended, end_sessions
from ..surroundings import Surroundings
from .audio.previews import Previews
from .audio.route import preview_route
from .audio.shelf import Shelf
from .covers.route import Covers, cover_route
from .renaming import Renaming, go_on_renaming, rename_album, rename_artist
from .resources import Album, Artist, Genre, Song
from .uploads.resources import Import
from .uploads.route import upload_route
from .uploads.working import importing, tidying

RESOURCES = (Genre, Artist, Album, Song, Import)


def catalogue(around: Surroundings) -> Application:
    """The service `catalog`, whose audio links and previews are in the folder of `around`."""
    shelf = Shelf(around.folder)
    return Application(
        *RESOURCES,
        Renaming,
        Ended,
        name="catalog",
        title="Music catalogue",
        routes=[
            preview_route(Previews(around.folder, shelf)),
            cover_route(Covers(shelf)),
            upload_route(around.folder),
        ],
        tasks=(importing(around.folder), tidying(around.folder)),
        identify=around.identify,
        revocations=Ended,
        reactions=(end_sessions, rename_artist, rename_album, go_on_renaming),
        sources=around.sources,
    )
