"""The store on SQLite keeps the contract."""

from pathlib import Path

from tests.contracts.store import StoreContract


class TestSqlite(StoreContract):
    def url(self, folder: Path) -> str:
        return f"sqlite:///{folder}/contract.db"
