"""What a client's transaction may do: policies and fields that are not its to write."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from antiphon import (
    Access,
    Caller,
    Ref,
    Resource,
    Settings,
    Transaction,
    anyone,
    caller,
    field,
    role,
    signed_in,
    where,
)
from antiphon.errors import Forbidden, Invalid, NotFound, NotSignedIn, NotUnique, StillReferenced
from antiphon.observations import Observers
from antiphon.operations import Context, Permitted, Service
from antiphon.resources import Declaration, action, declare
from antiphon.store import open_store


class Diary(Resource, path="/diaries"):
    title: str
    owner: str = field(default=caller.id)
    secret: str = field(default="", hidden=True)
    stars: int = field(default=0, read_only=True)
    colour: str = field(default="grey", set_once=True)

    access = Access(
        read=where(owner=caller.id) | role("reader"),
        create=signed_in,
        update=where(owner=caller.id),
        delete=where(owner=caller.id),
        act=role("reader"),
    )


class Entry(Resource, path="/entries"):
    diary: Ref[Diary]
    text: str = ""

    access = Access(read=anyone)


class Ballot(Resource, path="/ballots"):
    """Everyone may read it; whose it is, and whether it was counted, nobody is to find out."""

    title: str
    voter: str = field(default=caller.id, hidden=True)
    counted: bool = field(default=False, hidden=True, read_only=True)
    seal: str = field(default="", hidden=True, set_once=True)
    note: str = field(default="", hidden=True)

    access = Access(read=anyone, update=where(voter=caller.id) | role("teller"), delete=role("teller"))


class Count(Resource, path="/counts"):
    ballot: Ref[Ballot] | None = None

    access = Access(read=role("reader"))


@action(Diary)
def praise(diary: Diary, tx: Transaction) -> Diary:
    return tx.update(diary, stars=diary.stars + 1)


DECLARATIONS = (declare(Diary), declare(Entry), declare(Ballot), declare(Count))
ANA, BEN, EVE = Caller("ana"), Caller("ben"), Caller("eve", frozenset({"reader"}))
UNKNOWN = Caller()


def run(
    folder: Path,
    steps: Callable[["Clients"], Any],
    declarations: tuple[Declaration[Any], ...] = DECLARATIONS,
) -> None:
    """Run `steps` against a service on a store of its own."""

    async def check() -> None:
        observers = Observers()
        store = open_store(folder, "diaries", declarations, Settings(), observers)
        service = Service("diaries", declarations, store, Settings(), observers)
        await service.start()
        try:
            await steps(Clients(service))
        finally:
            await service.stop()

    asyncio.run(check())


class Clients:
    def __init__(self, service: Service) -> None:
        self.service = service

    async def do(self, who: Caller, command: Callable[[Permitted], Any]) -> Any:
        return (await self.service.write_as(command, Context(who)))[0]

    async def add(self, who: Caller, **values: Any) -> Diary:
        record: Diary = await self.do(who, lambda tx: tx.add(declare(Diary).check(Diary(**values))))
        return record

    async def change(self, who: Caller, id: str, *, patch: bool = True, **values: Any) -> Diary:
        def command(tx: Permitted) -> Diary:
            before = tx.stored(declare(Diary), id)
            record = declare(Diary).decode(before) if patch else Diary(title="", id=id)
            for name, value in values.items():
                setattr(record, name, value)
            return tx.replace(record, before, given=values if patch else None)

        changed: Diary = await self.do(who, command)
        return changed


def test_who_creates_is_put_in_and_nobody_is_another(tmp_path: Path) -> None:
    async def steps(clients: Clients) -> None:
        assert (await clients.add(ANA, title="a")).owner == "ana"
        assert (await clients.add(ANA, title="a", owner="ana")).owner == "ana"
        with pytest.raises(Forbidden, match="you are not 'ben'"):
            await clients.add(ANA, title="a", owner="ben")
        with pytest.raises(NotSignedIn):
            await clients.add(UNKNOWN, title="a")
        with pytest.raises(NotSignedIn):
            await clients.add(UNKNOWN, title="a", owner="ana")

        def trusted(tx: Transaction) -> Diary:
            return tx.create(Diary(title="t", owner="anyone"))

        assert (await clients.service.write(trusted))[0].owner == "anyone"
        with pytest.raises(NotSignedIn):
            await clients.service.write(lambda tx: tx.create(Diary(title="t")))

    run(tmp_path, steps)


def test_what_is_out_of_sight_is_not_there_and_what_is_in_sight_is_still_not_yours(tmp_path: Path) -> None:
    async def steps(clients: Clients) -> None:
        mine = await clients.add(ANA, title="a")
        with pytest.raises(NotFound):
            await clients.change(BEN, mine.id, title="b")
        with pytest.raises(Forbidden):
            await clients.change(EVE, mine.id, title="e")  # she may read it
        with pytest.raises(NotSignedIn):
            await clients.change(UNKNOWN, mine.id, title="u")

        def remove(tx: Permitted) -> None:
            tx.remove(declare(Diary), mine.id, tx.stored(declare(Diary), mine.id))

        for who, refusal in ((BEN, NotFound), (EVE, Forbidden), (UNKNOWN, NotSignedIn)):
            with pytest.raises(refusal):
                await clients.do(who, remove)
        await clients.do(ANA, remove)
        with pytest.raises(NotFound):
            await clients.do(ANA, remove)

    run(tmp_path, steps)


def test_nobody_gives_away_what_it_could_not_take(tmp_path: Path) -> None:
    async def steps(clients: Clients) -> None:
        mine = await clients.add(ANA, title="a")
        with pytest.raises(Forbidden):
            await clients.change(ANA, mine.id, owner="ben")

    run(tmp_path, steps)


def test_fields_that_are_not_for_clients_stay(tmp_path: Path) -> None:
    async def steps(clients: Clients) -> None:
        with pytest.raises(Invalid, match="stars is read-only") as refused:
            await clients.add(ANA, title="a", stars=5)
        assert refused.value.errors[0].field == "stars"
        mine = await clients.add(ANA, title="a", secret="s", colour="red")
        assert (mine.secret, mine.colour) == ("s", "red")
        kept = await clients.change(ANA, mine.id, patch=False, title="b")
        assert (kept.title, kept.secret, kept.colour, kept.owner) == ("b", "s", "red", "ana")
        again = await clients.change(ANA, mine.id, patch=False, title="c", colour="red", secret="t")
        assert (again.secret, again.colour) == ("t", "red")
        for values, said in (({"stars": 1}, "read-only"), ({"colour": "blue"}, "set once")):
            for patch in (True, False):
                with pytest.raises(Invalid, match=said):
                    await clients.change(ANA, mine.id, patch=patch, title="x", **values)
        with pytest.raises(Invalid):
            await clients.change(ANA, mine.id, colour="grey")  # a patch to the default is a change
        await clients.service.write(lambda tx: tx.update(mine, stars=3))  # the application's own code
        assert (await clients.change(ANA, mine.id, patch=False, title="d")).stars == 3

    run(tmp_path, steps)


def test_references_lead_only_to_what_is_in_sight(tmp_path: Path) -> None:
    async def steps(clients: Clients) -> None:
        mine = await clients.add(ANA, title="a")

        def enter(tx: Permitted) -> Any:
            return tx.add(Entry(diary=mine.id))

        with pytest.raises(Invalid) as hidden:
            await clients.do(BEN, enter)
        with pytest.raises(Invalid) as missing:
            await clients.do(BEN, lambda tx: tx.add(Entry(diary="nowhere")))
        assert str(hidden.value).replace(mine.id, "nowhere") == str(missing.value)
        entry = await clients.do(ANA, enter)

        def reword(tx: Permitted) -> Any:
            return tx.replace(
                Entry(id=entry.id, diary=mine.id, text="x"), tx.stored(declare(Entry), entry.id)
            )

        assert (await clients.do(BEN, reword)).text == "x"  # it led there already

    run(tmp_path, steps)


def test_an_action_asks_its_own_policy(tmp_path: Path) -> None:
    async def steps(clients: Clients) -> None:
        mine = await clients.add(ANA, title="a")

        def act(tx: Permitted) -> Any:
            record = declare(Diary).decode(tx.stored(declare(Diary), mine.id))
            return tx.act(
                declare(Diary).actions["praise"], record, declare(Diary).actions["praise"].parse(b"{}")
            )

        with pytest.raises(Forbidden, match="praise"):
            await clients.do(ANA, act)
        assert (await clients.do(EVE, act)).stars == 1

    run(tmp_path, steps)


GUESSES = (
    ("voter", "ana", "ben"),
    ("counted", True, False),
    ("seal", "wax", "tape"),
)


@pytest.mark.parametrize(("name", "right", "wrong"), GUESSES)
@pytest.mark.parametrize("who", [BEN, EVE, Caller("tom", frozenset({"teller"}))])
def test_a_guess_of_what_is_hidden_is_answered_alike_whether_it_is_right_or_not(
    tmp_path: Path, name: str, right: Any, wrong: Any, who: Caller
) -> None:
    async def steps(clients: Clients) -> None:
        made = Ballot(title="b", voter="ana", counted=True, seal="wax")
        ballot = (await clients.service.write(lambda tx: tx.create(made)))[0]

        async def guess(value: Any, given: set[str] | None) -> str:
            def command(tx: Permitted) -> None:
                before = tx.stored(declare(Ballot), ballot.id)
                blank = Ballot(title="b", id=ballot.id)
                record = declare(Ballot).decode(before) if given else blank
                setattr(record, name, value)
                tx.replace(record, before, given=given)

            try:
                await clients.do(who, command)
            except (Forbidden, Invalid) as problem:
                return str(problem)
            return ""

        for given in ({name}, None):
            if given is None and not isinstance(right, str):
                continue  # False is the default, and the same as nothing
            one, other = await guess(right, given), await guess(wrong, given)
            assert one
            assert one.replace(str(right), "X") == other.replace(str(wrong), "X")

    run(tmp_path, steps)


def test_what_is_hidden_is_changed_when_it_is_given_be_it_the_same_or_not(tmp_path: Path) -> None:
    """Otherwise a write that is undone, or names a revision, would tell whether a guess was right."""

    async def steps(clients: Clients) -> None:
        made = Ballot(title="b", voter="ana", note="right")
        ballot = (await clients.service.write(lambda tx: tx.create(made)))[0]

        def guess(tx: Permitted, value: str, given: set[str] | None) -> int:
            before = tx.stored(declare(Ballot), ballot.id)
            record = Ballot(title="b", id=ballot.id, note=value)
            return tx.replace(record, before, given=given).revision

        for given in ({"note"}, None):
            for value in ("right", "wrong", "right"):
                number = clients.service.live.number
                changed = await clients.do(ANA, lambda tx: guess(tx, value, given))  # noqa: B023
                assert changed == number + 1
        number = clients.service.live.number
        assert await clients.do(ANA, lambda tx: guess(tx, "", None)) == number  # left out
        assert await clients.do(ANA, lambda tx: guess(tx, "", {"title"})) == number

    run(tmp_path, steps)


def test_a_reference_out_of_sight_is_told_of_no_sooner_than_one_to_nothing(tmp_path: Path) -> None:
    class Key(Resource, path="/keys"):
        code: str = field(unique=True)
        diary: Ref[Diary] | None = None
        parent: Ref["Key"] | None = None

        access = Access(read=signed_in, create=signed_in, update=where(code="mine"))

    async def steps(clients: Clients) -> None:
        diary = await clients.add(ANA, title="a")
        taken = await clients.do(BEN, lambda tx: tx.add(Key(code="taken")))
        for who in (BEN, UNKNOWN):
            said = set()
            for id in (diary.id, "nowhere"):
                with pytest.raises((Invalid, NotSignedIn)) as refused:
                    await clients.do(who, lambda tx: tx.add(Key(code="taken", diary=id)))  # noqa: B023
                said.add(str(refused.value).replace(id, "ID"))
                with pytest.raises((Forbidden, NotSignedIn)):

                    def move(tx: Permitted) -> Any:
                        before = tx.stored(declare(Key), taken.id)
                        return tx.replace(Key(id=taken.id, code="taken", diary=id), before)  # noqa: B023

                    await clients.do(who, move)
            assert len(said) == 1
        itself = await clients.do(BEN, lambda tx: tx.add(Key(id="self", code="self", parent="self")))
        assert itself.parent == "self"

    run(tmp_path, steps, (*DECLARATIONS, declare(Key)))


def test_what_still_refers_to_a_record_is_told_to_those_who_may_see_it(tmp_path: Path) -> None:
    async def steps(clients: Clients) -> None:
        ballot = (await clients.service.write(lambda tx: tx.create(Ballot(title="b", voter="ana"))))[0]
        await clients.service.write(lambda tx: tx.create(Count(ballot=ballot.id)))

        def remove(tx: Permitted) -> None:
            tx.remove(declare(Ballot), ballot.id, tx.stored(declare(Ballot), ballot.id))

        for roles, told in (({"teller"}, False), ({"teller", "reader"}, True)):
            with pytest.raises(StillReferenced) as refused:
                await clients.do(Caller("tom", frozenset(roles)), remove)
            assert ("/counts" in str(refused.value)) == told

    run(tmp_path, steps)


def test_a_unique_key_that_is_taken_tells_no_hidden_part_of_it(tmp_path: Path) -> None:
    class Seat(Resource, path="/seats"):
        row: str
        code: str = field(default="", hidden=True)

        uniques = (("row", "code"),)

    async def steps(clients: Clients) -> None:
        first, second = [
            (await clients.service.write(lambda tx: tx.create(Seat(row=row, code="hush"))))[0]  # noqa: B023
            for row in ("a", "b")
        ]

        def move(tx: Permitted) -> None:
            tx.replace(Seat(row="a", id=second.id), tx.stored(declare(Seat), second.id))

        with pytest.raises(NotUnique, match="row 'a', code") as refused:
            await clients.do(UNKNOWN, move)
        assert "hush" not in str(refused.value)
        assert first.row == "a"

    run(tmp_path, steps, (*DECLARATIONS, declare(Seat)))
