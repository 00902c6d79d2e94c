"""Stores: where state and log live. What the rest asks of them goes through here, whatever the kind.

A store is named by a place and the application's name. The place is a folder, which then holds the
SQLite file `<name>.db`, or a URL: `sqlite:///relative.db`, `sqlite:////absolute.db`. The adapter of a
URL's scheme is loaded when it is first needed.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from antiphon.errors import StoreError
from antiphon.observations import Observers
from antiphon.operations import ReactionRows, Store
from antiphon.resources import Declaration
from antiphon.settings import Settings
from antiphon.store.history import History, Wanted
from antiphon.store.lock import StoreLock
from antiphon.store.step import Step

__all__ = [
    "History",
    "Step",
    "StoreLock",
    "Wanted",
    "backup",
    "hold",
    "migrate",
    "open_history",
    "open_reactions",
    "open_store",
    "plan_migration",
    "restore",
]

Declarations = Iterable[Declaration[Any]]


class Adapter(Protocol):
    """What the package of a kind of store offers; see the functions of the same names below."""

    def open_store(
        self, url: str, declarations: Declarations, settings: Settings, observers: Observers
    ) -> Store: ...

    def hold(self, url: str) -> StoreLock: ...

    def open_history(self, url: str) -> History: ...

    def open_reactions(self, url: str) -> AbstractContextManager[ReactionRows]: ...

    def plan_migration(self, url: str, declarations: Declarations) -> list[Step]: ...

    def migrate(self, url: str, declarations: Declarations, shown: list[Step]) -> None: ...

    def backup(self, url: str, target: Path, *, overwrite: bool) -> None: ...

    def restore(self, source: Path, url: str, *, overwrite: bool) -> None: ...


def open_store(
    place: str | Path, name: str, declarations: Declarations, settings: Settings, observers: Observers
) -> Store:
    """The store at `place` ("": the data folder of `settings`), made if missing, brought up to date if old.

    Raises:
        StoreError: it cannot be used as it is; says why, and what to do.
    """
    url = _url(place or settings.data, name)
    return _adapter(url).open_store(url, declarations, settings, observers)


def hold(place: str | Path, name: str) -> StoreLock:
    """Hold the store for one server while the context lasts.

    Raises:
        StoreError: another server holds it, or it cannot be written to.
    """
    url = _url(place, name)
    return _adapter(url).hold(url)


def open_history(place: str | Path, name: str) -> History:
    """The store's log, to be looked at; a server may run meanwhile.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    url = _url(place, name)
    return _adapter(url).open_history(url)


def open_reactions(place: str | Path, name: str) -> AbstractContextManager[ReactionRows]:
    """What the store keeps of its service's reactions, to be changed in one transaction.

    A server may run meanwhile; it notices within a second or so.

    Raises:
        StoreError: there is no store, or it cannot be changed.
    """
    url = _url(place, name)
    return _adapter(url).open_reactions(url)


def plan_migration(place: str | Path, name: str, declarations: Declarations) -> list[Step]:
    """What would bring the store up to date with `declarations`, losses included; changes nothing.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    url = _url(place, name)
    return _adapter(url).plan_migration(url, declarations)


def migrate(place: str | Path, name: str, declarations: Declarations, shown: list[Step]) -> None:
    """Take the steps of a plan that was `shown`, all or none, durably; no server may run meanwhile.

    Raises:
        StoreError: the plan is no longer that one, a step has an obstacle, or a server has the store.
    """
    url = _url(place, name)
    _adapter(url).migrate(url, declarations, shown)


def backup(place: str | Path, name: str, target: str | Path, *, overwrite: bool = False) -> None:
    """Copy the store to the file `target`, as it is at one instant, while others go on writing.

    `target` is there whole, or not at all.

    Raises:
        StoreError: there is no store, `target` exists and is not to be overwritten, or cannot be written.
    """
    url = _url(place, name)
    _adapter(url).backup(url, Path(target), overwrite=overwrite)


def restore(source: str | Path, place: str | Path, name: str, *, overwrite: bool = False) -> None:
    """Make the backup `source` the store at `place`. Its log is a new incarnation, whose numbers go on.

    At any instant the old store is there, or the new one.

    Raises:
        StoreError: `source` is no sound backup, the place is in use, or it has a store already, and that
            is not to be overwritten.
    """
    url = _url(place, name)
    _adapter(url).restore(Path(source), url, overwrite=overwrite)


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
