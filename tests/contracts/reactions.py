"""What is kept of reactions; parts of a command that fail alone; forks."""

from typing import Any, NoReturn

import pytest
from msgspec.structs import replace
from tests.contracts.catalog import Artist, Song
from tests.contracts.opener import Opener, add, add_many, check_log, do, gathering, records, refusal, submit

from antiphon.access import Caller
from antiphon.operations import Context, Progress, Store, Tally, Transaction, Waiting
from antiphon.operations.progress import entry_of

PROGRESS = Progress("tell", "social/plays", "abcd-7", 9, "2026-01-31T12:00:00.000000Z", code="c0de")
ROW: Any = (
    7,
    "2026-01-31T12:00:00.000000Z",
    "/plays",
    "p",
    "added",
    None,
    b'{"a":"\xc3\xa9"}',
    "me",
    None,
    None,
)
WAITING = Waiting("tell", "abcd-7", "ana", entry_of(ROW))


class ReactionContract:
    def test_progress_is_kept_by_name(self, opened: Opener) -> None:
        store = opened()
        other = Progress("again", "/plays", "beginning")
        do(store, lambda tx: tx.rows.keep_reaction(PROGRESS))
        do(store, lambda tx: tx.rows.keep_reaction(other))
        moved = replace(PROGRESS, position="abcd-8", state="gone", error="lost", rebuild="asked")
        do(store, lambda tx: tx.rows.keep_reaction(moved))
        for each in (store, opened()):
            with each.snapshot() as snapshot:
                assert snapshot.reactions() == [other, moved]
                assert snapshot.reactions("tell") == [moved]
                assert snapshot.reactions("nobody") == []
        assert do(store, lambda tx: tx.rows.reactions("tell")) == [moved]
        assert check_log(store) == 0

    def test_what_is_set_aside_is_kept_in_order(self, opened: Opener) -> None:
        store = opened()

        def command(tx: Transaction) -> None:
            for place in range(4):
                tx.rows.set_aside(replace(WAITING, position=f"abcd-{place}", key="ab"[place % 2]))
            tx.rows.set_aside(replace(WAITING, reaction="other"))

        do(store, command)
        first, second, third, fourth = do(store, lambda tx: tx.rows.waiting("tell"))
        assert [each.position for each in (first, second, third, fourth)] == [f"abcd-{n}" for n in range(4)]
        assert first.place < second.place < third.place < fourth.place
        assert first.row == ROW
        failed = replace(first, tries=2, due=5.5, error="no room")
        do(store, lambda tx: tx.rows.set_aside(failed))
        do(store, lambda tx: tx.rows.set_aside(replace(second, error="poison", tries=9)))
        do(store, lambda tx: tx.rows.let_go(third))
        for each in (store, opened()):
            with each.snapshot() as snapshot:
                assert [one.state for one in snapshot.waiting("tell")] == ["retrying", "parked", "behind"]
                assert snapshot.waiting("tell")[0] == failed
                assert snapshot.waiting("tell", limit=1) == [failed]
                assert [one.place for one in snapshot.waiting("tell", key="b")] == [
                    second.place,
                    fourth.place,
                ]
                assert snapshot.waiting("tell", due=5.4) == []
                assert snapshot.waiting("tell", due=5.5) == [failed]
                assert [one.place for one in snapshot.waiting("tell", parked=True)] == [second.place]
                assert snapshot.tally("tell") == Tally(1, 1, 1, 5.5)
                assert snapshot.tally("nobody") == Tally(0, 0, 0, None)
                assert snapshot.keys("tell") == {"a", "b"}
                assert snapshot.keys("nobody") == set()
                assert len(snapshot.waiting("other")) == 1

    def test_what_a_failing_command_kept_of_reactions_is_undone(self, store: Store) -> None:
        do(store, lambda tx: tx.rows.keep_reaction(PROGRESS))

        def command(tx: Transaction) -> NoReturn:
            add_many(2)(tx)
            tx.rows.keep_reaction(replace(PROGRESS, position="abcd-99"))
            tx.rows.set_aside(WAITING)
            raise KeyError

        refusal(store, command, KeyError)
        with store.snapshot() as snapshot:
            assert snapshot.reactions() == [PROGRESS]
            assert snapshot.waiting("tell") == []

    def test_parts_of_a_command_fail_alone_each_with_its_context(self, store: Store) -> None:
        do(store, lambda tx: tx.create(Song(id="kept", title="old")))
        before = records(store)

        def fail(tx: Transaction) -> NoReturn:
            tx.create(Song(title="x"))
            tx.update(tx.get(Song, "kept"), title="new")
            raise KeyError("part")

        def fail_at_once(tx: Transaction) -> NoReturn:
            tx.update(tx.get(Song, "kept"), title="new")
            raise SystemExit

        def command(tx: Transaction) -> list[BaseException | None]:
            tx.create(Artist(id="mine", name="Mine"))
            found = []
            for name, part in (("a", add("a", id="a")), ("b", fail), ("c", fail_at_once), ("d", add_many(3))):
                found.append(tx.attempt(part, Context(Caller(name), f"c/{name}-1")))
            tx.create(Artist(id="last", name="Last"))
            return found

        errors = do(store, command)
        assert [type(each) for each in errors] == [type(None), KeyError, SystemExit, type(None)]
        assert check_log(store) == 7
        with store.snapshot() as snapshot:
            changes = snapshot.changes(1, 10)
        assert [(each.caller, each.cause) for each in changes] == [
            (None, None),
            ("a", "c/a-1"),
            *[("d", "c/d-1")] * 3,
            (None, None),
        ]
        assert records(store).items() >= before.items()

    @pytest.mark.parametrize("own", [0, 1, 2])
    def test_a_command_that_fails_after_its_parts_is_undone_with_them(self, store: Store, own: int) -> None:
        do(store, add(id="kept"))
        before = records(store)

        def command(tx: Transaction) -> NoReturn:
            add_many(own)(tx)
            assert tx.attempt(add("part"), Context()) is None
            assert tx.attempt(add_many(2500), Context()) is None
            add_many(1)(tx)
            raise KeyError

        with gathering(store):
            lost, other = submit(store, command), submit(store, add("other"))
        with pytest.raises(KeyError):
            lost.result(30)
        assert other.result(30)[1] == 2
        assert records(store).items() >= before.items()
        assert check_log(store) == 2

    def test_a_fork_has_what_was_there_and_goes_its_own_way(self, opened: Opener) -> None:
        store = opened()
        do(store, add_many(3))
        do(store, lambda tx: tx.rows.keep_reaction(PROGRESS))
        for _ in range(2):
            before = records(store)
            fork = store.fork()
            assert records(fork) == before
            do(fork, add("theirs"))
            do(store, add("ours"))
            assert len(records(fork)) == len(records(store)) == len(before) + 1
            assert records(fork) != records(store)
            with fork.snapshot() as snapshot:
                assert snapshot.reactions() == [PROGRESS]
            fork.close()
        assert check_log(store) == 5
