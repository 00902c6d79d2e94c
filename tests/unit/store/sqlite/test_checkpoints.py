"""The write-ahead log stays short, however steadily several write."""

import threading
from pathlib import Path

import pytest
from tests.contracts.catalog import CATALOG
from tests.contracts.opener import add

from antiphon.observations import Observers
from antiphon.operations import write_and_wait
from antiphon.settings import Settings
from antiphon.store.sqlite import checkpoints
from antiphon.store.sqlite.store import SqliteStore


@pytest.mark.parametrize("writers", [1, 3])
def test_the_log_begins_anew_while_all_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writers: int
) -> None:
    monkeypatch.setattr(checkpoints, "PAGES", 200)
    monkeypatch.setattr(checkpoints, "FEW", 50)
    path = tmp_path / "x.db"
    stores = [SqliteStore(path, CATALOG, Settings(), Observers()) for _ in range(writers)]
    longest = 0

    def write(store: SqliteStore) -> None:
        nonlocal longest
        for place in range(900 // writers):
            write_and_wait(add(f"{place}"), store)
            longest = max(longest, path.with_name("x.db-wal").stat().st_size)

    threads = [threading.Thread(target=write, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].snapshot() as snapshot:
        assert snapshot.position.number == 900 // writers * writers
    for store in stores:
        store.close()
    assert longest < 1000 * 4096  # of some 9,000 pages that were written
