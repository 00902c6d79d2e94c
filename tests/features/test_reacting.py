"""A reaction's effects happen once, in order per key, whatever fails and whenever it is killed."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.features.reacting import (
    Crash,
    Faults,
    Ledger,
    Play,
    caught_up,
    charts,
    ledger,
    ledgers,
    play,
    progress,
    running,
    set_aside,
    social,
    until,
)

from antiphon import Application, Change, Transaction, react
from antiphon.access import Caller
from antiphon.errors import DeclarationError
from antiphon.log import Position
from antiphon.observations import Failed, ReactionFailed, ReactionHeld
from antiphon.operations import Context
from antiphon.operations.react import running as running_module
from antiphon.operations.react.sources import Nearby


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reactions look at the store all the time."""
    monkeypatch.setattr(running_module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(running_module, "ASK_SECONDS", 0.05)


async def has(app: Application, listener: str, entries: list[str]) -> bool:
    return (await ledgers(app)).get(listener) == entries


async def is_in(app: Application, state: str) -> bool:
    with app.service.store.snapshot() as snapshot:
        return any(each.state == state for each in snapshot.reactions("note"))


async def is_parked(app: Application, name: str) -> bool:
    return any(each.state == "parked" for each in await set_aside(app, name))


def test_what_happened_before_the_first_start_is_caught_up(tmp_path: Path) -> None:
    async def check() -> None:
        source = social(tmp_path)
        async with running(source):
            await play(source, *((f"p{place:04}", f"l{place % 7}") for place in range(3000)))
            app = charts(tmp_path, source, ledger(Faults()))
            async with running(app):
                await caught_up(app, source)
                found = await ledgers(app)
        expected = {f"l{key}": [f"p{place:04}" for place in range(key, 3000, 7)] for key in range(7)}
        assert found == expected

    asyncio.run(check())


def test_one_that_starts_now_leaves_the_past_alone_and_misses_nothing_later(tmp_path: Path) -> None:
    async def check() -> None:
        source = social(tmp_path)
        async with running(source):
            await play(source, ("old", "l"))
            async with running(app := charts(tmp_path, source, ledger(Faults(), start="now"))):
                await caught_up(app, source)
            await play(source, ("while-away", "l"))
            async with running(app := charts(tmp_path, source, ledger(Faults(), start="now"))):
                await play(source, ("new", "l"))
                await caught_up(app, source)
                assert await ledgers(app) == {"l": ["while-away", "new"]}

    asyncio.run(check())


def test_effects_carry_cause_caller_and_trace(tmp_path: Path) -> None:
    @react(to=Ledger, name="second")
    def second(change: Change[Ledger], tx: Transaction) -> None:
        if change.id == "l":
            tx.put(Ledger(id="of-l", entries=[change.id]))

    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, ledger(Faults()), second)):
            await source.service.write(
                lambda tx: tx.create(Play(id="p", listener="l")), Context(Caller("ana"), trace=trace)
            )
            await caught_up(app, source)
            await caught_up(app, app, "second")
            with app.service.store.snapshot() as snapshot:
                first, then = snapshot.changes(0, 10)
        assert (first.caller, first.cause) == ("ana", f"social/{source_incarnation}-1")
        assert (then.caller, then.cause) == ("ana", f"charts/{incarnation}-1 social/{source_incarnation}-1")
        for each in (first, then):
            assert each.trace is not None
            assert each.trace[:36] == trace[:36]
            assert each.trace[36:52] != trace[36:52]
            assert each.trace[52:] == trace[52:]
        assert first.trace != then.trace

    source_incarnation = incarnation = ""

    async def names() -> None:
        nonlocal source_incarnation, incarnation
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source)):
            source_incarnation, incarnation = source.service.incarnation, app.service.incarnation

    asyncio.run(names())
    asyncio.run(check())


def test_a_poisoned_change_is_parked_and_holds_up_its_key_alone(tmp_path: Path) -> None:
    faults = Faults()
    faults.left["bad"] = -1

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, ledger(faults))) as seen:
            await play(source, ("a1", "a"), ("b1", "b"), ("bad", "a"), ("a2", "a"), ("b2", "b"))
            await play(source, ("a3", "a"), ("b3", "b"))
            await caught_up(app, source)
            assert await ledgers(app) == {"a": ["a1"], "b": ["b1", "b2", "b3"]}
            parked, *behind = await set_aside(app)
            assert (parked.state, parked.tries, parked.key) == ("parked", 3, "a")
            assert parked.error == "ValueError: bad cannot be handled"
            assert parked.row[3] == "bad"
            assert [(each.state, each.row[3]) for each in behind] == [("behind", "a2"), ("behind", "a3")]
            failures = [each for each in seen if isinstance(each, ReactionFailed)]
            assert [(each.tries, each.parked) for each in failures] == [(1, False), (2, False), (3, True)]

    asyncio.run(check())


def test_what_heals_is_done_in_order_after_a_restart_too(tmp_path: Path) -> None:
    faults = Faults()
    faults.left["a2"] = 2

    async def check() -> None:
        source = social(tmp_path)
        async with running(source):
            app = charts(tmp_path, source, ledger(faults, pause=0.2))
            async with running(app):
                await play(source, ("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"))
                await until(lambda: has(app, "b", ["b1"]))
                assert len(await set_aside(app)) == 2
            async with running(app := charts(tmp_path, source, ledger(faults, pause=0.2))):
                await caught_up(app, source)
                assert await ledgers(app) == {"a": ["a1", "a2", "a3"], "b": ["b1"]}
                assert await set_aside(app) == []

    asyncio.run(check())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_effects_happen_once_and_in_order_whatever_is_killed(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / uuid4().hex
    folder.mkdir()
    asyncio.run(_kill_again_and_again(folder, data))


async def _kill_again_and_again(folder: Path, data: st.DataObject) -> None:
    """Runs of the reacting service, each killed at some commit, while its source goes on writing."""
    faults = Faults()
    written: dict[str, list[str]] = {}
    count = 0
    source = social(folder)
    steps = st.sampled_from(["write", "write", "write", "crash", "wait"])
    async with running(source):
        for _ in range(data.draw(st.integers(1, 4), "runs")):
            crash = None
            async with running(app := charts(folder, source, ledger(faults))):
                for step in data.draw(st.lists(steps, max_size=8), "steps"):
                    if step == "write":
                        plays = []
                        for listener in data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=9)):
                            count += 1
                            plays.append((id := f"p{count}", listener))
                            written.setdefault(listener, []).append(id)
                            faults.left[id] = data.draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, -1]))
                        await play(source, *plays)
                    elif step == "crash":
                        crash = await asyncio.to_thread(Crash, folder, "charts")
                    else:
                        await asyncio.sleep(data.draw(st.sampled_from([0.0, 0.005, 0.03])))
            if crash is not None:
                crash.restore()
        async with running(app := charts(folder, source, ledger(faults))):
            await caught_up(app, source)
            found, waiting = await ledgers(app), await set_aside(app)
        aside = {each.row[3]: each for each in waiting}
        for listener, ids in written.items():
            first_bad = next((place for place, id in enumerate(ids) if id in aside), len(ids))
            assert found.get(listener, []) == ids[:first_bad]
            assert all(id in aside for id in ids[first_bad:])
            if first_bad < len(ids):
                assert faults.left[ids[first_bad]] == -1
                assert aside[ids[first_bad]].state == "parked"
                assert {aside[id].state for id in ids[first_bad + 1 :]} <= {"behind"}


def test_a_source_that_no_longer_has_what_comes_next_stops_its_reaction_alone(tmp_path: Path) -> None:
    @react(to=Ledger)
    def other(change: Change[Ledger], tx: Transaction) -> None:
        if change.id != "seen":
            tx.put(Ledger(id="seen", entries=[change.id]))

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, ledger(Faults()), other)):
            await play(source, ("p1", "l"))
            await caught_up(app, source)
        (tmp_path / "social.db").unlink()
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, ledger(Faults()), other)) as seen:
            await play(source, ("p2", "l"))
            await until(lambda: is_in(app, "gone"))
            stopped = await progress(app)
            assert "belongs to another incarnation" in str(stopped.error)
            await app.service.write(lambda tx: tx.put(Ledger(id="m")))
            await caught_up(app, app, "other")
            assert (await ledgers(app))["seen"] == ["m"]
            assert (await ledgers(app))["l"] == ["p1"]
            held = [each for each in seen if isinstance(each, ReactionHeld)]
            assert [(each.reaction, each.state) for each in held] == [("note", "gone")]

    asyncio.run(check())


def test_a_source_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    async def check() -> None:
        source = social(tmp_path)
        async with running(app := charts(tmp_path, source, ledger(Faults()))):
            await until(lambda: is_in(app, "waiting"))
            async with running(source):
                await play(source, ("p1", "l"))
                await caught_up(app, source)
                assert await ledgers(app) == {"l": ["p1"]}
                assert (await progress(app)).state == "running"

    asyncio.run(check())


def test_a_source_must_be_named(tmp_path: Path) -> None:
    async def check(source: Any, said: str) -> None:
        app = charts(tmp_path, source, ledger(Faults()))
        if source is None:
            app.sources.clear()
        with pytest.raises(DeclarationError, match=said):
            async with running(app):
                raise AssertionError

    asyncio.run(check(None, "there is no source 'social'"))
    asyncio.run(check(7, "The source social is 7"))


def test_a_resource_that_the_source_does_not_have_is_named(tmp_path: Path) -> None:
    @react(to="social/play", name="note")
    def lost(change: Change[HeardMail], tx: Transaction) -> None: ...

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, lost)):
            await until(lambda: is_in(app, "waiting"))
            said = "The service social has no resource '/play'. Did you mean '/plays'?"
            assert said in str((await progress(app)).error)

    asyncio.run(check())


class Mail:
    """The outside world: takes each idempotency key once, and may fail, or be slow."""

    def __init__(self, faults: Faults) -> None:
        self.taken: dict[str, str] = {}
        self.order: list[tuple[str, str]] = []
        self.at_work = self.most = 0
        self._faults = faults

    async def send(self, id: str, listener: str, key: str) -> None:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        try:
            await asyncio.sleep(0.002)
            self._faults.meet(id)
            if key not in self.taken:
                self.taken[key] = id
                self.order.append((listener, id))
        finally:
            self.at_work -= 1


def mailing(mail: Mail, **options: Any) -> Any:
    @react(to="social/plays", key="listener", name="note", **({"pause": 0.01, "tries": 3} | options))
    async def send(change: Change[HeardMail], key: str) -> None:
        assert change.after is not None
        await mail.send(change.id, change.after.listener, key)

    return send


class HeardMail(msgspec.Struct):
    listener: str


def test_the_outside_world_is_told_in_order_per_key_and_several_keys_at_once(tmp_path: Path) -> None:
    faults = Faults()
    faults.left |= {"p10": 1, "p20": -1}
    mail = Mail(faults)

    async def check() -> None:
        source = social(tmp_path)
        plays = [(f"p{place}", f"l{place % 10}") for place in range(200)]
        async with running(source):
            async with running(app := charts(tmp_path, source, mailing(mail))):
                await play(source, *plays[:100])
                await asyncio.sleep(0.03)
            async with running(app := charts(tmp_path, source, mailing(mail))):
                await play(source, *plays[100:])
                await caught_up(app, source)
                waiting = await set_aside(app)
        by_key: dict[str, list[str]] = {}
        for listener, id in mail.order:
            by_key.setdefault(listener, []).append(id)
        for place in range(10):
            everything = [id for id, listener in plays if listener == f"l{place}"]
            assert by_key[f"l{place}"] == (everything if place else ["p0", "p10"])
        assert [each.row[3] for each in waiting] == [f"p{place}" for place in range(20, 200, 10)]
        assert waiting[0].state == "parked"
        assert 1 < mail.most <= 32

    asyncio.run(check())


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_outside_world_misses_nothing_whatever_is_killed(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / uuid4().hex
    folder.mkdir()
    mail = Mail(Faults())

    async def check() -> None:
        source = social(folder)
        written: list[tuple[str, str]] = []
        async with running(source):
            for _ in range(data.draw(st.integers(1, 3), "runs")):
                crash = None
                async with running(charts(folder, source, mailing(mail))):
                    for _ in range(data.draw(st.integers(0, 5), "steps")):
                        listeners = data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=5))
                        plays = [(f"p{len(written) + place}", each) for place, each in enumerate(listeners)]
                        written += plays
                        await play(source, *plays)
                        if data.draw(st.booleans(), "crash"):
                            crash = await asyncio.to_thread(Crash, folder, "charts")
                        await asyncio.sleep(data.draw(st.sampled_from([0.0, 0.005])))
                if crash is not None:
                    crash.restore()
            async with running(app := charts(folder, source, mailing(mail))):
                await caught_up(app, source)
        assert sorted(mail.order) == sorted((listener, id) for id, listener in written)
        for key in "abc":
            assert [id for listener, id in mail.order if listener == key] == [
                id for id, listener in written if listener == key
            ]

    asyncio.run(check())


def test_one_who_hangs_is_given_up_and_stands_in_nobodys_way(tmp_path: Path) -> None:
    @react(to="social/plays", key="listener", name="note", timeout=0.05, tries=2, pause=0.01)
    async def hang(change: Change[HeardMail], key: str) -> None:
        if change.id == "stuck":
            await asyncio.sleep(60)
        told.append(key)

    told: list[str] = []

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, hang)):
            await play(source, ("stuck", "a"), ("next", "a"), ("other", "b"))
            await caught_up(app, source)
            parked, behind = await set_aside(app)
            assert parked.error is not None
            assert parked.error.startswith("TimeoutError")
            assert behind.state == "behind"
            assert told == [f"note-{source.service.incarnation}-3"]

    asyncio.run(check())


def test_one_that_is_cancelled_from_within_has_failed(tmp_path: Path) -> None:
    @react(to="social/plays", name="note", tries=1)
    async def cancel(change: Change[HeardMail], key: str) -> None:
        raise asyncio.CancelledError("by a library")

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, cancel)):
            await play(source, ("p", "a"))
            await caught_up(app, source)
            (parked,) = await set_aside(app)
            assert parked.error == "RuntimeError: It was cancelled from within: by a library"

    asyncio.run(check())


def test_a_mistake_of_ours_stops_nothing_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [RuntimeError("a mistake"), RuntimeError("another")]
    newest = Nearby.newest

    async def fail(self: Nearby) -> Position:
        if left:
            raise left.pop(0)
        return await newest(self)

    monkeypatch.setattr(Nearby, "newest", fail)

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, ledger(Faults()))) as seen:
            await play(source, ("p", "a"))
            await caught_up(app, source)
            assert await ledgers(app) == {"a": ["p"]}
            assert [str(each.error) for each in seen if isinstance(each, Failed)] == ["a mistake", "another"]

    asyncio.run(check())


def test_a_loop_of_reactions_ends_with_an_error_that_names_it(tmp_path: Path) -> None:
    @react(to=Ledger, key="id")
    def ping(change: Change[Ledger], tx: Transaction) -> None:
        tx.put(Ledger(id="ping", entries=[str(change.number)]))

    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := charts(tmp_path, source, ping, max_cause_depth=5)):
            await app.service.write(lambda tx: tx.create(Ledger(id="first")))
            await until(lambda: is_parked(app, "ping"))
            (parked,) = await set_aside(app, "ping")
            chain = " < ".join(f"charts/{app.service.incarnation}-{number}" for number in range(6, 0, -1))
            assert parked.state == "parked"
            assert parked.tries == 1
            assert f"The chain of causes is 6 long, and max_cause_depth is 5: {chain}." in str(parked.error)
            assert app.service.live.number == 6

    asyncio.run(check())
