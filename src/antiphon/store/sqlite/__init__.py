"""The store on SQLite."""

from antiphon.store.sqlite.adapter import open_store
from antiphon.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore", "open_store"]
