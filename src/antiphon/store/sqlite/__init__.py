"""The store on SQLite."""

from antiphon.store.sqlite.adapter import backup, migrate, open_store, plan_migration, restore
from antiphon.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore", "backup", "migrate", "open_store", "plan_migration", "restore"]
