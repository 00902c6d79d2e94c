"""Groups that are records: what one follows is what it may see, at each position, however its groups turn."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon import Access, Caller, Membership, Resource, Settings, Transaction, caller, field, group, where
from antiphon.faces.events import LogView
from antiphon.live import Batch, Event, Follower
from antiphon.observations import Observers
from antiphon.operations import Rights, Service
from antiphon.queries import Query, parse_query
from antiphon.resources import declare
from antiphon.store import open_store


class Join(Resource):
    member: str = field(index=True)
    group: str

    access = Access(read=where(member=caller.id) | where(group=caller.groups))


class Post(Resource):
    text: str
    audience: str | None = field(default=None, index=True)

    access = Access(read=where(audience=None) | where(audience=caller.groups))


class Hall(Resource):
    text: str
    audience: str | None = None

    access = Access(
        read=where(audience="fixed") | group("red") | group("blue") & where(audience=caller.groups)
    )


DECLARATIONS = (declare(Join), declare(Post), declare(Hall))
WHO = Caller("ana", groups=frozenset({"fixed"}))
GROUPS = ("red", "blue", "fixed")
QUERIES = (
    "/posts?",
    "/posts?text=a",
    "/posts?order=-text&limit=2",
    "/posts?fields=audience",
    "/joins?",
    "/halls?",
)
Step = tuple[str, str, str]

steps = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(("join", "leave", "post", "hall", "drop")),
            st.sampled_from(("1", "2", "3", "4")),
            st.sampled_from(("red", "blue", "fixed", "none")),
        ),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=8,
)


def change(tx: Transaction, step: Step) -> None:
    """One step of a history: someone joins or leaves a group, a post is written or dropped."""
    what, name, word = step
    audience = None if word == "none" else word
    match what:
        case "join":
            tx.put(Join(id=name, member="ana" if name in "123" else "ben", group=word))
        case "post":
            tx.put(Post(id=name, text="ab"[int(name) % 2], audience=audience))
        case "hall":
            tx.put(Hall(id=name, text="ab"[int(name) % 2], audience=audience))
        case _:
            resource: type[Resource] = Join if what == "leave" else Post if int(name) % 2 else Hall
            if (found := tx.find(resource, id=name)) is not None:
                tx.delete(found)


async def take(service: Service, commands: list[Step]) -> None:
    """Some steps in one transaction."""

    def run(tx: Transaction) -> None:
        for step in commands:
            change(tx, step)

    await service.write(run)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Service]:
    observers = Observers()
    store = open_store(folder, "posts", DECLARATIONS, Settings(), observers)
    rights = Rights(Membership(Join, member="member", group="group"))
    service = Service("posts", DECLARATIONS, store, Settings(), observers, rights)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def query(text: str) -> Query[Any]:
    path, _, rest = text.partition("?")
    declaration = next(each for each in DECLARATIONS if each.path == path)
    return parse_query(declaration, rest.encode(), default_limit=None, max_limit=100, max_terms=10)


quick = settings(max_examples=30)


class Reader:
    """Follows a query from a position, and keeps what it was told of; may leave and come back."""

    def __init__(self, service: Service, text: str, start: dict[str, Any], number: int) -> None:
        self.service = service
        self.text = text
        self.records = dict(start)
        self.number = number

    def take(self, batch: Batch) -> None:
        for event in batch.events:
            record = json.loads(event.body)
            if event.kind == "removed":
                assert record.keys() == {"id", "revision"}
                assert self.records.pop(record["id"], None) is not None, "removed, and was never there"
            else:
                assert (event.kind == "changed") == (record["id"] in self.records)
                self.records[record["id"]] = record
        self.number = max(self.number, batch.number)


async def answer(service: Service, text: str) -> tuple[dict[str, Any], int]:
    """What is there now, as one asks: by id, and the position's number."""
    page = await service.read(query(text), WHO)
    return {(found := json.loads(each))["id"]: found for each in page.records}, page.position.number


@quick
@given(steps)
def test_what_was_answered_and_what_came_after_it_is_what_is_seen(history: list[list[Step]]) -> None:
    answer_and_follow(history)


@pytest.mark.long
@settings(max_examples=1000)
@given(steps)
def test_what_was_answered_and_what_came_after_it_for_long(history: list[list[Step]]) -> None:
    answer_and_follow(history)


def answer_and_follow(history: list[list[Step]]) -> None:
    """Ask before each step, follow each answer to the end: it comes to what is answered then."""

    async def check(folder: Path) -> None:
        async with running(folder) as service:
            readers: list[Reader] = []
            for commands in history:
                for text in QUERIES:
                    readers.append(Reader(service, text, *(await answer(service, text))))
                await take(service, commands)
            expected = {text: (await answer(service, text))[0] for text in QUERIES}
            for reader in readers:  # each from its own position, through all that happened since
                await catch_up(service, reader)
                assert reader.records == expected[reader.text], reader.text

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


async def catch_up(service: Service, reader: Reader) -> None:
    """Let a reader be told all that is in the log; a bookmark says that it was."""
    source = service.follow_query(query(reader.text), reader.number, WHO)
    head = service.live.number
    async with aclosing(source) as batches:  # type: ignore[type-var]
        while reader.number < head:
            pending = asyncio.ensure_future(anext(batches))
            await asyncio.wait([pending], timeout=0.02)
            while not pending.done():
                service.live.bookmark()
                await asyncio.wait([pending], timeout=0.02)
            reader.take(pending.result())


@quick
@given(steps)
def test_open_streams_turn_as_the_groups_do(history: list[list[Step]]) -> None:
    async def check(folder: Path) -> None:
        async with running(folder) as service:
            readers = [Reader(service, text, {}, 0) for text in QUERIES]
            tasks = [asyncio.ensure_future(follow(reader)) for reader in readers]
            for commands in history:
                await take(service, commands)
            head = service.live.number
            async with asyncio.timeout(10):
                while any(reader.number < head for reader in readers):
                    service.live.bookmark()
                    await asyncio.sleep(0.001)
            for reader in readers:
                assert reader.records == (await answer(service, reader.text))[0], reader.text
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def follow(reader: Reader) -> None:
        source = reader.service.follow_query(query(reader.text), 0, WHO)
        async with aclosing(source) as batches:  # type: ignore[type-var]
            async for batch in batches:
                reader.take(batch)

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


class Joined(Follower):
    """One that is told by the live part alone, and goes on by itself when it is turned, as a stream does."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader
        self.reason = ""
        self.task = asyncio.ensure_future(self.follow(0, turned=False))

    async def follow(self, number: int, *, turned: bool) -> None:
        source = self.reader.service.follow_query(query(self.reader.text), number, WHO, self, None, turned)
        async with aclosing(source) as batches:  # type: ignore[type-var]
            async for batch in batches:
                self.reader.take(batch)

    def take(self, batch: Batch) -> bool:
        assert self.channel is not None
        self.reader.take(batch)
        return True

    def end(self, reason: str, number: int) -> str:
        self.reason = reason
        if reason == "turned":
            self.task = asyncio.ensure_future(self.follow(number, turned=True))
        return reason


@quick
@given(steps)
def test_followers_that_the_live_part_alone_tells_turn_as_the_groups_do(history: list[list[Step]]) -> None:
    async def check(folder: Path) -> None:
        async with running(folder) as service:
            joined = [Joined(Reader(service, text, {}, 0)) for text in QUERIES]
            for commands in history:
                await take(service, commands)
            async with asyncio.timeout(10):
                while any(each.reader.number < service.live.number for each in joined):
                    service.live.bookmark()
                    await asyncio.sleep(0.001)
            for each in joined:
                assert each.reader.records == (await answer(service, each.reader.text))[0], each.reader.text
                assert each.task.done() == ("limit" not in each.reader.text)
                each.task.cancel()

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


@quick
@given(steps)
def test_one_who_leaves_at_each_event_and_comes_back_is_told_the_same(history: list[list[Step]]) -> None:
    async def check(folder: Path) -> None:
        async with running(folder) as service:
            for commands in history:
                await take(service, commands)
            for text in QUERIES:
                reader = Reader(service, text, {}, 0)
                while reader.number < service.live.number:
                    await one_step(service, reader)
                assert reader.records == (await answer(service, text))[0], text

    async def one_step(service: Service, reader: Reader) -> None:
        """Take events up to the first that has a position, or a bookmark; and leave."""
        source = service.follow_query(query(reader.text), reader.number, WHO)
        group: list[Event] = []
        async with aclosing(source) as batches:  # type: ignore[type-var]
            while True:
                pending = asyncio.ensure_future(anext(batches))
                while not (await asyncio.wait([pending], timeout=0.02))[0]:
                    service.live.bookmark()
                for event in pending.result().events:
                    group.append(event)
                    if event.number is not None:
                        reader.take(Batch(group, event.number))
                        return
                if not pending.result().events:
                    reader.take(Batch([], pending.result().number))
                    return

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


@quick
@given(steps)
def test_the_log_tells_what_was_in_sight_when_it_happened(history: list[list[Step]]) -> None:
    """Read in one go or followed, from any position, `/events` says the same."""

    async def check(folder: Path) -> None:
        async with running(folder) as service:

            def view_of(seen: Caller) -> LogView:
                return LogView(service, {}, seen)

            for commands in history:
                await take(service, commands)
            head = service.live.number
            whole = [event.body for event in (await service.log_since(view_of, 0, WHO, 1000))[0]]
            for start in range(head + 1):
                told: list[bytes] = []
                number = start
                source = service.follow_log(view_of, start, WHO)
                async with aclosing(source) as batches:  # type: ignore[type-var]
                    while number < head:
                        batch = await anext(batches)
                        told += [event.body for event in batch.events]
                        number = batch.number
                assert told == [
                    body for body in whole if int(json.loads(body)["id"].partition("-")[2]) > start
                ]
            model = await told_by_hand(service)
            assert [json.loads(body)["subject"] for body in whole] == model

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


def number_in(body: bytes) -> int:
    """The number of an event's position."""
    return int(json.loads(body)["id"].partition("-")[2])


async def told_by_hand(service: Service) -> list[str]:
    """The subjects of changes that WHO could see before or after them, from the log itself."""
    groups: dict[str, str] = {}
    found = []
    changes, _ = await service.changes(0, 10_000)
    for change in changes:
        mine = {*groups.values(), "fixed"}

        def visible(record: Any, mine: set[str] = mine) -> bool:
            if record is None:
                return False
            if isinstance(record, Join):
                return record.member == "ana" or record.group in mine
            if isinstance(record, Hall):
                return (
                    record.audience == "fixed"
                    or "red" in mine
                    or ("blue" in mine and record.audience in mine)
                )
            return record.audience is None or record.audience in mine

        if visible(change.before) or visible(change.after):
            found.append(f"{change.resource}/{change.id}")
        if change.resource == "/joins":
            if isinstance(change.after, Join) and change.after.member == "ana":
                groups[change.id] = change.after.group
            else:
                groups.pop(change.id, None)
    return found
