"""Snapshots: rows and position of one moment, whoever writes meanwhile."""

import threading
import time

import pytest
from tests.contracts.catalog import SONGS, Song
from tests.contracts.opener import Opener, add, add_many, do

from antiphon.errors import Unavailable
from antiphon.operations import Snapshot, Store, TakesTime
from antiphon.queries import Compare, Query, Term

BY_ID = (Term(SONGS.by_name["id"]),)


class SnapshotContract:
    @pytest.mark.parametrize("way", ["snapshot", "hold", "glance"])
    def test_rows_and_position_are_of_one_moment(self, store: Store, way: str) -> None:
        stop = threading.Event()

        def keep_writing() -> None:
            while not stop.is_set():
                do(store, add_many(2))

        thread = threading.Thread(target=keep_writing)
        thread.start()
        try:
            seen = set()
            until = time.monotonic() + 0.4
            while time.monotonic() < until:
                with getattr(store, way)() as snapshot:
                    number = snapshot.position.number
                    time.sleep(0.002)
                    assert snapshot.count(Query(SONGS)) == number
                    assert numbers(snapshot, number - 2, 100) == list(range(max(number - 1, 1), number + 1))
                    assert snapshot.position.number == number
                seen.add(number)
        finally:
            stop.set()
            thread.join()
        assert len(seen) > 5
        assert all(number % 2 == 0 for number in seen)

    def test_changes_are_told_from_and_through_any_number(self, store: Store) -> None:
        do(store, add_many(10))
        with store.snapshot() as snapshot:
            assert numbers(snapshot, 0, 100) == list(range(1, 11))
            assert numbers(snapshot, 3, 4) == [4, 5, 6, 7]
            assert numbers(snapshot, 3, 100, 5) == [4, 5]
            assert numbers(snapshot, 10, 100) == numbers(snapshot, 10**17, 100) == []
            assert numbers(snapshot, 3, 0) == numbers(snapshot, 3, 100, 2) == []

    def test_a_held_snapshot_stays_as_it_was(self, opened: Opener) -> None:
        store = opened(max_snapshots=2)
        do(store, add("old", id="a"))
        with store.hold() as one:
            assert one.position.number == 1
            do(store, lambda tx: tx.update(tx.get(Song, "a"), title="new"))
            with store.hold() as other:
                assert SONGS.decode(one.fetch(SONGS, "a") or b"").title == "old"
                assert SONGS.decode(other.fetch(SONGS, "a") or b"").title == "new"
                with pytest.raises(Unavailable, match="2 long answers") as refused, store.hold():
                    pass
                assert refused.value.headers["Retry-After"]
        for _ in range(5):  # each was given back
            with store.hold() as snapshot:
                assert snapshot.position.number == 2

    @pytest.mark.parametrize("way", ["snapshot", "hold", "glance"])
    def test_a_failing_reader_takes_nothing_along(self, store: Store, way: str) -> None:
        def fail() -> None:
            with getattr(store, way)() as snapshot:
                assert snapshot.position.number == 0
                raise KeyError

        for _ in range(100):
            with pytest.raises(KeyError):
                fail()
        do(store, add())
        with getattr(store, way)() as snapshot:
            assert snapshot.position.number == 1

    def test_a_glance_takes_no_time(self, store: Store) -> None:
        do(store, add_many(5000))
        nowhere = Query(SONGS, Compare(SONGS.by_name["title"], "contains", "x"), BY_ID)
        quick = Query(SONGS, Compare(SONGS.by_name["title"], "eq", "00077"), BY_ID)
        for _ in range(20):
            with pytest.raises(TakesTime), store.glance() as snapshot:
                snapshot.page(nowhere, 50)
            with store.glance() as snapshot:
                assert len(snapshot.page(quick, 50)) == 1
                assert len(snapshot.page(Query(SONGS, order=BY_ID), 50)) == 50


def numbers(snapshot: Snapshot, after: int, limit: int, through: int | None = None) -> list[int]:
    return [change.number for change in snapshot.changes(max(after, 0), limit, through)]
