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
from antiphon.errors import Forbidden, Invalid, NotFound, NotSignedIn
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


class Page(Resource, path="/pages"):
    """Completed in the transaction."""

    owner: str = field(default=caller.id)
    place: int = field(default=0, read_only=True)
    private: bool = field(default=False, read_only=True)
    text: str = field(default="", max_length=5)

    access = Access(create=where(private=False))

    def prepare(self, tx: Transaction) -> None:
        before = tx.select(Page, owner=self.owner)
        if any(page.text == self.text for page in before):
            raise Invalid("You wrote that.", "Write something else.")
        self.place = len(before) + 1
        self.private = self.text == "shh"
        self.text = self.text or "nothing"


@action(Diary)
def praise(diary: Diary, tx: Transaction) -> Diary:
    return tx.update(diary, stars=diary.stars + 1)


DECLARATIONS = (declare(Diary), declare(Entry), declare(Ballot), declare(Count), declare(Page))
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
        return await self.service.write_as(command, lambda made: made, Context(who))

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


DECLARATIONS = (declare(Diary), declare(Entry), declare(Ballot), declare(Count), declare(Page))
