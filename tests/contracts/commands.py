"""Commands: each is done whole or not at all, in order, and told of."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
from tests.contracts.catalog import SONGS, Artist, Song
from tests.contracts.deliveries import Deliveries
from tests.contracts.opener import Opener, add, add_many, check_log, do, gathering, records, refusal, submit

from antiphon.access import Caller
from antiphon.errors import NotFound, NotUnique
from antiphon.observations import Committed, Failed
from antiphon.operations import Context, Pending, Store, Transaction, write, write_and_wait
from antiphon.queries import Query, Term


class CommandContract:
    def test_a_new_store_is_at_the_beginning(self, store: Store) -> None:
        with store.snapshot() as snapshot:
            assert str(snapshot.position) == f"{store.incarnation}-0"
            assert snapshot.oldest == 1
            assert snapshot.changes(0, 10) == []
            assert snapshot.fetch(SONGS, "x") is None
            assert snapshot.page(Query(SONGS, order=(Term(SONGS.by_name["id"]),)), 10) == []
            assert snapshot.count(Query(SONGS)) == 0
        store.ping()

    def test_each_change_is_logged_with_before_after_caller_and_cause(self, store: Store) -> None:
        context = Context(Caller("me"), "social:abcd-5", "00-01-02-01")
        started = datetime.now(UTC)
        song, number = write_and_wait(add("a"), store, context)
        assert (number, song.revision) == (1, 1)
        changed, number = write_and_wait(lambda tx: tx.update(song, title="b"), store)
        assert (number, changed.revision, changed.title) == (2, 2, "b")
        _, number = write_and_wait(lambda tx: tx.delete(changed), store)
        assert number == 3
        with store.snapshot() as snapshot:
            added, update, removed = snapshot.changes(0, 10)
        assert [added.kind, update.kind, removed.kind] == ["added", "changed", "removed"]
        assert {(each.resource, each.id) for each in (added, update, removed)} == {("/songs", song.id)}
        assert (added.caller, added.cause, added.trace) == ("me", "social:abcd-5", "00-01-02-01")
        assert (update.caller, update.cause, update.trace) == (None, None, None)
        assert (added.before, added.after) == (None, Song(id=song.id, revision=1, title="a"))
        assert (update.before, update.after) == (added.after, Song(id=song.id, revision=2, title="b"))
        assert (removed.before, removed.after) == (update.after, None)
        assert added.time.endswith("Z")
        assert started <= datetime.fromisoformat(added.time) <= datetime.now(UTC)
        check_log(store)

    def test_what_does_not_differ_writes_nothing(self, store: Store) -> None:
        song = do(store, add("a", id="a", number=5))
        same: list[Callable[[Transaction], Song]] = [
            lambda tx: tx.update(song, title="a"),
            lambda tx: tx.put(Song(id="a", title="a", number=5)),
            lambda tx: tx.put(Song(id="a", revision=99, title="a", number=5)),
        ]
        for command in same:
            kept, number = write_and_wait(command, store)
            assert (kept.revision, number) == (1, 1)
        assert check_log(store) == 1

    def test_a_command_sees_what_it_wrote(self, store: Store) -> None:
        def command(tx: Transaction) -> tuple[str, int]:
            song = tx.create(Song(id="a", title="a"))
            tx.update(song, title="b")
            assert tx.get(Song, "a").title == "b"
            assert tx.find(Song, title="a") is None
            assert [each.id for each in tx.select(Song, title="b")] == ["a"]
            tx.delete(song)
            with pytest.raises(NotFound):
                tx.get(Song, "a")
            return tx.put(Song(id="a", title="c")).title, tx.number

        assert do(store, command) == ("c", 4)
        assert check_log(store) == 4

    def test_all_that_waits_is_one_commit_and_one_delivery(self, opened: Opener) -> None:
        store = opened()
        deliveries = Deliveries(store)
        with gathering(store):
            futures = [submit(store, add(str(place))) for place in range(100)]
        results = [future.result(30) for future in futures]
        assert [song.title for song, _ in results] == [str(place) for place in range(100)]
        assert [number for _, number in results] == list(range(1, 101))
        deliveries.wait_for(100)
        _, changes, head = deliveries.batches[-1]
        assert changes is not None
        assert [change.number for change in changes] == list(range(1, 101))
        assert head == 100
        do(store, lambda tx: None)  # what is observed of a commit comes after its answers
        commits = [each for each in opened.seen if isinstance(each, Committed)]
        found = [(each.commands, each.changes, each.position) for each in commits[:2]]
        assert found == [(1, 0, 0), (100, 100, 100)]
        check_log(store)

    def test_a_failing_command_fails_alone(self, store: Store) -> None:
        do(
            store,
            lambda tx: [tx.create(Song(id=id, title=id, number=place)) for place, id in enumerate("abc")],
        )
        before = records(store)

        def added(tx: Transaction) -> None:
            tx.create(Song(id="x", title="x", number=7))

        def changed(tx: Transaction) -> None:
            tx.update(tx.get(Song, "a"), title="changed", number=8)

        def removed(tx: Transaction) -> None:
            tx.delete(tx.get(Song, "b"))

        def again(tx: Transaction) -> None:
            tx.put(Song(id="b", title="new"))

        def swapped(tx: Transaction) -> None:
            tx.update(tx.get(Song, "a"), number=100)
            tx.update(tx.get(Song, "c"), number=0)
            tx.update(tx.get(Song, "a"), number=2)

        def refused(tx: Transaction) -> None:
            with pytest.raises(NotUnique):
                tx.create(Song(title="y", number=1))

        failing = [
            failing_after(),
            failing_after(added),
            failing_after(changed),
            failing_after(removed),
            failing_after(refused),
            failing_after(added, changed, removed),
            failing_after(removed, added, swapped),
            failing_after(swapped, removed),
            failing_after(changed, changed),
            failing_after(added, lambda tx: tx.delete(tx.get(Song, "x"))),
            failing_after(removed, again),
            failing_after(removed, again, removed),
            failing_after(refused, added, refused),
        ]
        with gathering(store):
            futures = [(submit(store, command), submit(store, add("between"))) for command in failing]
        for lost, _ in futures:
            with pytest.raises(KeyError):
                lost.result(30)
        assert [kept.result(30)[1] for _, kept in futures] == list(range(4, 4 + len(failing)))
        after = records(store)
        assert {key: stored for key, stored in after.items() if b"between" not in stored} == before
        check_log(store)

    @pytest.mark.parametrize(
        "error", [StopIteration("x"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError()]
    )
    def test_whatever_a_command_raises_ends_it_alone(self, store: Store, error: BaseException) -> None:
        def command(tx: Transaction) -> None:
            tx.create(Song(id="x", title="x"))
            raise error

        refusal(store, command, Exception)
        assert do(store, add("y")).revision == 1
        assert check_log(store) == 1

    def test_a_command_may_go_on_after_a_refused_write(self, store: Store) -> None:
        do(store, lambda tx: tx.create(Artist(id="a", name="Björk")))

        def command(tx: Transaction) -> None:
            for name in ("BJORK", "Sigur Rós", "björk", "Múm"):
                try:
                    tx.create(Artist(name=name))
                except NotUnique:
                    tx.create(Song(title=f"by {name}"))

        do(store, command)
        assert check_log(store) == 5

    def test_a_caller_that_has_gone_harms_nobody(self, store: Store) -> None:
        with gathering(store):
            gone = submit(store, add("a"))
            assert gone.cancel()
            stayed = submit(store, add("b"))
        assert stayed.result(30)[1] == 2
        assert check_log(store) == 2

    def test_from_an_event_loop(self, store: Store) -> None:
        def settle(waiting: list[Pending]) -> None:
            for pending in waiting:
                pending.settle()

        async def main() -> list[Any]:
            loop = asyncio.get_running_loop()

            def deliver(waiting: list[Pending], changes: Any, head: int) -> None:
                loop.call_soon_threadsafe(settle, waiting)

            store.deliver_to(deliver)
            commands = [add("x", number=place % 5) for place in range(10)]
            written = (write(command, store) for command in [*commands, failing_after(add("y"))])
            found = await asyncio.gather(*written, return_exceptions=True)
            with pytest.raises(RuntimeError, match="StopIteration"):
                await write(lambda tx: next(iter(())), store)
            store.close()
            return found

        found = asyncio.run(main())
        assert [type(each) for each in found] == [tuple] * 5 + [NotUnique] * 5 + [KeyError]

    def test_a_listener_that_fails_stops_neither_the_writer_nor_the_other_listeners(
        self, opened: Opener
    ) -> None:
        store = opened()

        def fail(waiting: list[Pending], changes: Any, head: int) -> None:
            raise RuntimeError("Event loop is closed")

        store.deliver_to(fail)
        deliveries = Deliveries(store)
        assert [do(store, add()).revision for _ in range(3)] == [1, 2, 3]
        deliveries.wait_for(3)
        failures = [str(each.error) for each in opened.seen if isinstance(each, Failed)]
        assert set(failures) == {"Event loop is closed"}

    def test_a_command_may_make_more_changes_than_memory_should_hold(self, store: Store) -> None:
        deliveries = Deliveries(store)
        with gathering(store):
            one = submit(store, add_many(5000))
            lost = submit(store, failing_after(add_many(5000)))
            other = submit(store, lambda tx: tx.number)
        assert one.result(60)[1] == other.result(60)[0] == 5000
        with pytest.raises(KeyError):
            lost.result(60)
        deliveries.wait_for(5000)
        assert deliveries.numbers == list(range(1, 5001))
        assert deliveries.batches[-1][1] is None
        assert check_log(store) == 5000


def failing_after(*steps: Callable[[Transaction], Any]) -> Callable[[Transaction], NoReturn]:
    """A command that takes these steps, and then raises a KeyError."""

    def command(tx: Transaction) -> NoReturn:
        for step in steps:
            step(tx)
        raise KeyError

    return command
