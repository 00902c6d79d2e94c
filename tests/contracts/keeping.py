"""What is kept, and for how long: the log, remembered answers, and what the clock says of them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import msgspec
import pytest
from tests.contracts.catalog import Song
from tests.contracts.opener import Command, Opener, add, add_many, check_log, do, gathering, records, submit

from antiphon.observations import Pruned
from antiphon.operations import Remembered, Snapshot, Store, Transaction
from antiphon.store import writer


class Clock(datetime):
    """A clock that can be set: there is no other way to make the machine's jump."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.ahead


class KeepingContract:
    def test_time_never_falls_in_the_log(self, opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(writer, "datetime", Clock)
        store = opened()
        for days in (0, 3, -3, 1, -400):
            monkeypatch.setattr(Clock, "ahead", timedelta(days=days))
            do(store, add())
            check_log(store)
        store.close()
        store = opened()
        now = do(store, lambda tx: (tx.create(Song(title="a")), tx.now))[1]
        assert now - datetime.now(UTC) > timedelta(days=2)
        assert check_log(store) == 6
        ids = [msgspec.json.decode(stored)["id"] for stored in records(store).values()]
        assert ids == sorted(ids)

    @pytest.mark.usefixtures("tidy")
    def test_all_is_kept_unless_told_otherwise(self, opened: Opener) -> None:
        store = opened()
        for _ in range(20):
            do(store, add())
            time.sleep(0.01)
        assert check_log(store) == 20
        assert pruned(opened) == []

    @pytest.mark.usefixtures("tidy")
    def test_old_entries_go_and_the_position_stays(self, opened: Opener) -> None:
        store = opened(retention_hours=0.1 / 3600)
        do(store, add_many(20))
        wait_until(store, lambda snapshot: snapshot.oldest == 20)
        assert check_log(store, first=20) == 20
        store.close()
        store = opened()
        assert do(store, add("next")).revision == 21
        assert check_log(store, first=20) == 21
        assert sum(each.entries for each in pruned(opened)) == 19
        assert pruned(opened)[-1].oldest == 20

    @pytest.mark.usefixtures("tidy")
    def test_a_log_may_have_a_size_under_steady_writing_too(self, opened: Opener) -> None:
        store = opened(retention_bytes=20_000)
        futures = [submit(store, add("x" * 100)) for _ in range(100)]
        until = time.monotonic() + 30
        while not pruned(opened):
            assert time.monotonic() < until
            futures.append(submit(store, add("x" * 100)))
            futures[-50].result(30)  # fifty are always waiting
        newest = futures[-1].result(30)[1]
        oldest = wait_until(store, lambda snapshot: kept(snapshot) <= 20_000)
        with store.snapshot() as snapshot:
            entry = len(snapshot.changes(newest - 1, 1)[0].after_json or b"")
            assert 20_000 - entry < kept(snapshot) <= 20_000
        assert check_log(store, first=oldest) == newest

    @pytest.mark.usefixtures("tidy")
    def test_the_newest_entry_is_never_too_large(self, opened: Opener) -> None:
        store = opened(retention_bytes=10)
        do(store, add_many(3))
        wait_until(store, lambda snapshot: snapshot.oldest == 3)
        time.sleep(0.1)
        assert check_log(store, first=3) == 3

    def test_an_answer_is_remembered_by_caller_and_key_and_durably(self, opened: Opener) -> None:
        store = opened()
        given = Remembered(b"\0print", b'{"a": "\xc3\xa9"}\0')
        do(store, remember("me", "k", given))
        for again in (store, opened()):
            assert do(again, recall("me", "k")) == given
            assert do(again, recall("you", "k")) is None
            assert do(again, recall("me", "l")) is None
        do(store, remember("you", "k", Remembered(b"other", b"")))
        assert do(store, recall("me", "k")) == given
        assert check_log(store) == 0

    def test_an_answer_is_forgotten_with_the_command_that_fails(self, store: Store) -> None:
        def command(tx: Transaction) -> NoReturn:
            add_many(2)(tx)
            remember("me", "k", Remembered(b"f", b"a"))(tx)
            raise KeyError

        with gathering(store):
            failing, other = submit(store, command), submit(store, add())
        with pytest.raises(KeyError):
            failing.result(30)
        assert other.result(30)[1] == 1
        assert do(store, recall("me", "k")) is None

    def test_an_answer_that_was_read_stands_in_nobodys_way(self, opened: Opener) -> None:
        store, other = opened(), opened()
        do(store, remember("me", "k", Remembered(b"f", b"a")))
        for number in range(1, 6, 2):
            assert do(store, recall("me", "k")) is not None
            assert do(other, add()).revision == number
            assert do(store, add()).revision == number + 1

    def test_an_answer_expires(self, opened: Opener) -> None:
        store, kept_longer = opened(idempotency_hours=0.05 / 3600), opened()
        old, new = Remembered(b"f", b"old"), Remembered(b"f", b"new")
        do(store, remember("me", "k", old))
        do(kept_longer, remember("me", "l", old))
        time.sleep(0.06)
        assert do(store, recall("me", "k")) is None
        assert do(store, recall("me", "l")) == old
        do(kept_longer, remember("me", "k", new))
        assert do(store, recall("me", "k")) == new

    def test_an_answer_outlives_a_clock_that_jumps_back(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = time.time
        do(store, remember("me", "k", Remembered(b"f", b"a")))

        def command(tx: Transaction) -> None:
            monkeypatch.setattr(time, "time", lambda: real() + 25 * 3600)
            assert recall("me", "k")(tx) is None
            monkeypatch.setattr(time, "time", lambda: real() - 3600)
            remember("me", "k", Remembered(b"f", b"b"))(tx)

        do(store, command)
        monkeypatch.undo()
        assert do(store, recall("me", "k")) == Remembered(b"f", b"b")


def remember(caller: str, key: str, answer: Remembered) -> Command[None]:
    return lambda tx: tx.rows.remember(caller, key, answer)


def recall(caller: str, key: str) -> Command[Remembered | None]:
    return lambda tx: tx.rows.recall(caller, key)


def pruned(opened: Opener) -> list[Pruned]:
    return [each for each in opened.seen if isinstance(each, Pruned)]


def kept(snapshot: Snapshot) -> int:
    """The bytes of the records in the log."""
    changes = snapshot.changes(0, 1_000_000)
    return sum(len(change.before_json or b"") + len(change.after_json or b"") for change in changes)


def wait_until(store: Store, holds: Callable[[Snapshot], bool]) -> int:
    """The oldest number kept, once a snapshot is as it should be."""
    until = time.monotonic() + 20
    while True:
        with store.snapshot() as snapshot:
            if holds(snapshot):
                return snapshot.oldest
            assert time.monotonic() < until, f"the oldest is {snapshot.oldest}"
        time.sleep(0.02)
