"""What `antiphon.store` asks of this adapter, by URL."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from antiphon.errors import StoreError
from antiphon.observations import Observers
from antiphon.resources import Declaration
from antiphon.settings import Settings
from antiphon.store.sqlite.store import SqliteStore


def path_of(url: str) -> Path:
    """The file that `sqlite:///relative.db` or `sqlite:////absolute.db` names."""
    path = url.removeprefix("sqlite:///")
    if path == url or not path:
        raise StoreError(f"The store {url!r} names no file.", "Write it as sqlite:///FOLDER/NAME.db.")
    return Path(path)


def open_store(
    url: str, declarations: Iterable[Declaration[Any]], settings: Settings, observers: Observers
) -> SqliteStore:
    """The store in the file of `url`."""
    return SqliteStore(path_of(url), declarations, settings, observers)
