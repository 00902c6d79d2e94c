"""What `antiphon.store` asks of this adapter, by URL; the functions are explained there."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from antiphon.errors import StoreError
from antiphon.observations import Observers
from antiphon.resources import Declaration
from antiphon.settings import Settings
from antiphon.store.lock import StoreLock
from antiphon.store.sqlite import reactions, schema
from antiphon.store.sqlite.backup import back_up
from antiphon.store.sqlite.backup import restore as put_back
from antiphon.store.sqlite.history import SqliteHistory
from antiphon.store.sqlite.reactions import SqliteReactionRows
from antiphon.store.sqlite.store import SqliteStore
from antiphon.store.step import Step

Declarations = Iterable[Declaration[Any]]


def path_of(url: str) -> Path:
    """The file that `sqlite:///relative.db` or `sqlite:////absolute.db` names."""
    path = url.removeprefix("sqlite:///")
    if path == url or not path:
        raise StoreError(f"The store {url!r} names no file.", "Write it as sqlite:///FOLDER/NAME.db.")
    return Path(path)


def open_store(url: str, declarations: Declarations, settings: Settings, observers: Observers) -> SqliteStore:
    return SqliteStore(path_of(url), declarations, settings, observers)


def hold(url: str) -> StoreLock:
    return StoreLock(path_of(url))


def open_history(url: str) -> SqliteHistory:
    return SqliteHistory(path_of(url))


def open_reactions(url: str) -> AbstractContextManager[SqliteReactionRows]:
    return reactions.open_reactions(path_of(url))


def plan_migration(url: str, declarations: Declarations) -> list[Step]:
    return schema.plan_migration(path_of(url), declarations)


def migrate(url: str, declarations: Declarations, shown: list[Step]) -> None:
    schema.migrate(path_of(url), declarations, shown)


def backup(url: str, target: Path, *, overwrite: bool) -> None:
    back_up(path_of(url), target, overwrite=overwrite)


def restore(source: Path, url: str, *, overwrite: bool) -> None:
    put_back(source, path_of(url), overwrite=overwrite)
