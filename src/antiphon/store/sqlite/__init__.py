"""The store on SQLite."""

from antiphon.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
