"""The store on SQLite."""

from antiphon.store.sqlite.adapter import (
    backup,
    hold,
    migrate,
    open_history,
    open_reactions,
    open_store,
    plan_migration,
    restore,
)
from antiphon.store.sqlite.store import SqliteStore

__all__ = [
    "SqliteStore",
    "backup",
    "hold",
    "migrate",
    "open_history",
    "open_reactions",
    "open_store",
    "plan_migration",
    "restore",
]
