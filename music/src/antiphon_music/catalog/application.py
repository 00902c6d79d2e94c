"""The catalogue as a service."""

from __future__ import annotations

from pathlib import Path

from antiphon import Application

from .audio.previews import Previews
from .audio.route import preview_route
from .audio.shelf import Shelf
from .resources import Album, Artist, Genre, Song

RESOURCES = (Genre, Artist, Album, Song)


def catalogue(folder: Path) -> Application:
    """The service `catalog`, whose data, audio links and previews are in `folder`."""
    return Application(
        *RESOURCES,
        name="catalog",
        title="Music catalogue",
        routes=[preview_route(Previews(folder, Shelf(folder)))],
    )
