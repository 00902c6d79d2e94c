"""A projection is rebuilt from its source's beginning, beside the live one, and swapped in."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.features.reacting import (
    Faults,
    Heard,
    Ledger,
    caught_up,
    charts,
    play,
    progress,
    running,
    set_aside,
    social,
    until,
)

from antiphon import Application, Change, Reaction, Ref, Resource, Transaction, field, react
from antiphon.operations.react import running as running_module
from antiphon.queries import simple_query


class Tally(Resource):
    plays: int = 0
    rank: int | None = field(default=None, unique=True)


class Note(Resource):
    tally: Ref[Tally]


def counting(worth: int, *, owns: tuple[type[Resource], ...] = (Tally,), busy: Any = None) -> Reaction:
    """Counts plays per listener, `worth` each; and makes a note of each that it does not own."""

    @react(to="social/plays", key="listener", name="note", owns=owns, pause=0.01, tries=2)
    def count(change: Change[Heard], tx: Transaction) -> None:
        assert change.after is not None
        if busy is not None:
            busy(change)
        known = tx.find(Tally, id=change.after.listener)
        tx.put(Tally(id=change.after.listener, plays=worth + (0 if known is None else known.plays)))
        tx.put(Ledger(id=f"last-of-{change.after.listener}", entries=[change.id]))

    return count


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_module, "LOOK_SECONDS", 0.02)


def service(folder: Path, source: Application, reaction: Reaction, **settings: Any) -> Application:
    return charts(folder, source, reaction, resources=(Tally,), **settings)


def tallies(app: Application) -> dict[str, int]:
    """As the log tells them."""
    found: dict[str, int] = {}
    with app.service.store.snapshot() as snapshot:
        for change in snapshot.changes(0, 1_000_000):
            if change.resource == "/tallies":
                if change.after is None:
                    del found[change.id]
                else:
                    found[change.id] = change.after.plays
        stored = snapshot.page(_every_tally(), None)
    assert {each["id"]: each["plays"] for each in map(json.loads, stored)} == found
    return found


def _every_tally() -> Any:
    return simple_query(Tally)


async def ask(app: Application) -> None:
    """What `antiphon reactions rebuild` does."""
    await app.service.write(
        lambda tx: tx.rows.keep_reaction(replace(tx.rows.reactions("note")[0], rebuild="asked"))
    )


async def is_rebuilt(app: Application) -> bool:
    found = await progress(app)
    assert not str(found.rebuild).startswith("failed"), found.rebuild
    return found.rebuild is None


def test_changed_code_is_noticed_and_what_it_owns_is_rebuilt(tmp_path: Path) -> None:
    async def check() -> None:
        source = social(tmp_path)
        async with running(source):
            async with running(app := service(tmp_path, source, counting(1))):
                await play(source, *((f"p{place}", f"l{place % 3}") for place in range(30)))
                await caught_up(app, source)
                assert (await progress(app)).rebuild is None
            changed = counting(2)
            changed.code = "another"
            async with running(app := service(tmp_path, source, changed)):
                await play(source, ("p30", "l0"))
                await caught_up(app, source)
                assert tallies(app) == {"l0": 12, "l1": 10, "l2": 10}
                assert (await progress(app)).rebuild == "stale"
                before = app.service.live.number
                await ask(app)
                await until(lambda: is_rebuilt(app))
                assert tallies(app) == {"l0": 22, "l1": 20, "l2": 20}
                assert (await progress(app)).code == "another"
                with app.service.store.snapshot() as snapshot:
                    told = snapshot.changes(before, 100)
                assert [(each.kind, each.id, each.caller) for each in told] == [
                    ("changed", f"l{place}", "antiphon rebuild") for place in range(3)
                ]
                await play(source, ("p31", "l1"))
                await caught_up(app, source)
                assert tallies(app) == {"l0": 22, "l1": 22, "l2": 20}
        assert not (tmp_path / ".charts.db.fork").exists()

    asyncio.run(check())


def test_the_live_one_goes_on_beside_it_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    async def check() -> None:
        source = social(tmp_path)
        async with running(source), running(app := service(tmp_path, source, counting(1))):
            await play(source, *((f"p{place}", f"l{place % 5}") for place in range(3000)))
            await caught_up(app, source)
            for turn in range(4):
                await app.service.write(spoil)
                await ask(app)
                place = 0
                while not await is_rebuilt(app):
                    await play(source, (f"q{turn}-{place}", f"l{place % 5}"))
                    place += 1
                await caught_up(app, source)
                assert sum(tallies(app).values()) == source.service.live.number
                assert max(tallies(app).values()) - min(tallies(app).values()) <= 5

    def spoil(tx: Transaction) -> None:
        """Let the projection be wrong: too much, too little, and what never was."""
        tx.delete(tx.get(Tally, "l0"))
        tx.update(tx.get(Tally, "l1"), plays=-7)
        tx.create(Tally(id="never", plays=1))

    asyncio.run(check())


def test_what_fails_in_the_rebuilt_one_is_parked_there_too(tmp_path: Path) -> None:
    faults = Faults()

    async def check() -> None:
        source = social(tmp_path)
        async with running(source):
            busy = counting(1, busy=lambda change: faults.meet(change.id))
            async with running(app := service(tmp_path, source, busy)):
                await play(source, *((f"p{place}", "ab"[place % 2]) for place in range(10)))
                await caught_up(app, source)
                faults.left["p4"] = -1
                await ask(app)
                await until(lambda: is_rebuilt(app))
                await caught_up(app, source)
                assert tallies(app) == {"a": 2, "b": 5}
                states = [(each.row[3], each.state) for each in await set_aside(app)]
                assert states == [("p4", "parked"), ("p6", "behind"), ("p8", "behind")]

    asyncio.run(check())


def test_a_rebuild_that_is_killed_begins_again(tmp_path: Path) -> None:
    async def check() -> None:
        source = social(tmp_path)
        async with running(source):
            async with running(app := service(tmp_path, source, counting(1))):
                await play(source, *((f"p{place}", f"l{place % 5}") for place in range(2000)))
                await caught_up(app, source)
                await app.service.write(lambda tx: tx.create(Tally(id="never")))
                await ask(app)
                await until(lambda: says(app, "running"))
            assert not (tmp_path / ".charts.db.fork").exists()
            (tmp_path / ".charts.db.fork").write_bytes(b"left by one that was killed")
            async with running(app := service(tmp_path, source, counting(1))):
                await until(lambda: is_rebuilt(app))
                assert sum(tallies(app).values()) == 2000
                assert "never" not in tallies(app)

    async def says(app: Application, what: str) -> bool:
        return (await progress(app)).rebuild == what

    asyncio.run(check())


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("owns nothing", "owns nothing that could be rebuilt"),
        ("no beginning", "is older than the first change that is kept"),
        ("referred to", "refers to it by tally"),
    ],
)
def test_what_cannot_be_rebuilt_says_why_and_goes_on(tmp_path: Path, case: str, said: str) -> None:
    reaction = counting(1, owns=() if case == "owns nothing" else (Tally,))

    async def begin() -> None:
        source = social(tmp_path)
        app = charts(tmp_path, source, reaction, resources=(Tally, Note))
        async with running(source), running(app):
            await play(source, ("p1", "a"), ("p2", "a"))
            await caught_up(app, source)
            if case == "referred to":
                await app.service.write(lambda tx: tx.create(Note(tally="a")))

    async def rebuild() -> None:
        source = social(tmp_path)
        app = charts(tmp_path, source, reaction, resources=(Tally, Note))
        async with running(source), running(app):
            await ask(app)
            await until(lambda: failed(app))
            assert said in str((await progress(app)).rebuild)
            await play(source, ("p3", "a"))
            await caught_up(app, source)
            assert tallies(app) == {"a": 3}

    async def failed(app: Application) -> bool:
        return str((await progress(app)).rebuild).startswith("failed: ")

    asyncio.run(begin())
    if case == "no beginning":
        with closing(sqlite3.connect(tmp_path / "social.db")) as connection, connection:
            connection.execute("DELETE FROM antiphon_log WHERE position = 1")
    asyncio.run(rebuild())
