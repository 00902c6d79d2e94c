"""Stores: where state and log live. What the rest asks of them goes through here, whatever the kind.

A store is named by a place and the application's name. The place is a folder, which then holds the
SQLite file `<name>.db`, or a URL: `sqlite:///relative.db`, `sqlite:////absolute.db`. The adapter of a
URL's scheme is loaded when it is first needed.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from antiphon.errors import StoreError
from antiphon.observations import Observers
from antiphon.operations import Store
from antiphon.resources import Declaration
from antiphon.settings import Settings
from antiphon.store.folder import FolderLock

__all__ = ["FolderLock", "open_store"]

Declarations = Iterable[Declaration[Any]]


class Adapter(Protocol):
    """What the package of a kind of store has to offer. Each function raises `StoreError`."""

    def open_store(
        self, url: str, declarations: Declarations, settings: Settings, observers: Observers
    ) -> Store: ...


def open_store(
    place: str | Path, name: str, declarations: Declarations, settings: Settings, observers: Observers
) -> Store:
    """The store at `place` ("": the data folder of `settings`), made if missing, brought up to date if old.

    Raises:
        StoreError: it cannot be used as it is; says why, and what to do.
    """
    url = _url(place or settings.data, name)
    return _adapter(url).open_store(url, declarations, settings, observers)


def _url(place: str | Path, name: str) -> str:
    if "://" in str(place):
        return str(place)
    return f"sqlite:///{Path(place) / name}.db"


def _adapter(url: str) -> Adapter:
    match url.partition("://")[0]:
        case "sqlite":
            from antiphon.store import sqlite

            return sqlite
        case scheme:
            raise StoreError(f"The store {url!r} is of the unknown kind {scheme!r}.", "Known: sqlite.")
