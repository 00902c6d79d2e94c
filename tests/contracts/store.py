"""What every store promises: the suite that each adapter's tests subclass. See `operations/interfaces.py`."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.batches import BatchContract
from tests.contracts.catalog import Song
from tests.contracts.commands import CommandContract
from tests.contracts.keeping import KeepingContract
from tests.contracts.keys import KeyContract
from tests.contracts.opener import Opener, add, check_log, do, submit
from tests.contracts.processes import ProcessContract
from tests.contracts.reactions import ReactionContract
from tests.contracts.snapshots import SnapshotContract

from antiphon.errors import Unavailable
from antiphon.operations import Store
from antiphon.store import writer


class StoreContract(
    CommandContract,
    BatchContract,
    KeyContract,
    SnapshotContract,
    ProcessContract,
    KeepingContract,
    ReactionContract,
):
    """Subclass it once per adapter, and say where a store may be made."""

    def url(self, folder: Path) -> str:
        """The URL of a store in `folder`."""
        raise NotImplementedError

    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Opener]:
        opener = Opener(self.url(tmp_path))
        yield opener
        opener.close()

    @pytest.fixture
    def store(self, opened: Opener) -> Store:
        return opened()

    @pytest.fixture
    def tidy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let stores tidy all the time."""
        monkeypatch.setattr(writer.Writer, "TIDY", 0.01)

    def test_a_store_goes_on_where_it_was(self, opened: Opener) -> None:
        store = opened()
        do(store, add(id="a"))
        store.close()
        again = opened()
        assert again.incarnation == store.incarnation
        assert do(again, lambda tx: tx.get(Song, "a")).revision == 1
        assert do(again, add("b")).revision == 2
        assert check_log(again) == 2

    def test_two_logs_never_have_one_incarnation(self, tmp_path: Path) -> None:
        openers = [Opener(self.url(tmp_path / name)) for name in "ab"]
        incarnations = {opener().incarnation for opener in openers}
        for opener in openers:
            opener.close()
        assert len(incarnations) == 2

    def test_closing_finishes_what_is_queued(self, opened: Opener) -> None:
        store = opened()
        futures = [submit(store, add(str(place))) for place in range(1000)]
        store.close()
        assert [future.result(0)[1] for future in futures] == list(range(1, 1001))
        with pytest.raises(Unavailable) as refused:
            submit(store, add())
        assert refused.value.headers["Retry-After"]
        store.close()
        assert check_log(opened()) == 1000

    def test_no_caller_is_left_waiting_when_a_store_closes(self, opened: Opener) -> None:
        for _ in range(3):
            store = opened()
            futures: list[Future[Any]] = []

            def keep_submitting(store: Store = store, futures: list[Future[Any]] = futures) -> None:
                with suppress(Unavailable):
                    while True:
                        futures.append(submit(store, lambda tx: None))
                        time.sleep(0)

            threads = [threading.Thread(target=keep_submitting) for _ in range(3)]
            for thread in threads:
                thread.start()
            time.sleep(0.02)
            store.close()
            for thread in threads:
                thread.join()
            assert all(future.result(0) == (None, 0) for future in futures)
