"""Kept answers: always what a fresh read gives, within their room, and read once for many who ask."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import ref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.operations.running import DECLARATIONS, Band, bands

from antiphon import Access, Resource, Settings, Transaction, caller, field, role, where
from antiphon.access import ANYONE, Caller, sight
from antiphon.errors import Problem
from antiphon.live import Called, QueryView, View
from antiphon.observations import Observers
from antiphon.operations import Answer, Service, TakesTime, write_and_wait
from antiphon.operations.answers import LARGEST, OVERHEAD
from antiphon.queries import parse_query
from antiphon.resources import declare
from antiphon.store import open_store


class Paper(Resource):
    text: str = field(folded=True)
    year: int | None = field(default=None, index=True)
    owner: str = field(index=True)

    access = Access(read=where(owner=caller.id) | role("clerk") | where(year=2000))


SERVED = (*DECLARATIONS, declare(Paper))
Read = Callable[[], Awaitable[tuple[Answer, View]]]
CALLERS = (
    Caller("ann"),
    Caller("bob"),
    Caller("eve", roles=frozenset({"clerk"})),
    ANYONE,
)
FILTERS = (
    "",
    "text=a",
    "text[ne]=b",
    "year[gte]=2000",
    "year[null]=true",
    "owner=ann",
    "or=(text=a,year=2000)",
)
ORDERS = ("", "order=year", "order=-year,text", "order=-text")
FIELDS = ("", "fields=text", "fields=owner,year")
LIMITS = (1, 3, 50)


@contextmanager
def opened(folder: Path) -> Iterator[Any]:
    """Another store on the same file, as another process has it."""
    store = open_store(folder, "papers", SERVED, Settings(), Observers())
    try:
        yield store
    finally:
        store.close()


async def started(folder: Path, **chosen: Any) -> Service:
    options = Settings(**chosen)
    observers = Observers()
    store = open_store(folder, "papers", SERVED, options, observers)
    service = Service("papers", SERVED, store, options, observers)
    await service.start()
    return service


def run(work: Callable[[Service], Coroutine[Any, Any, None]], folder: Path, **chosen: Any) -> None:
    """Run `work` with a service on `folder`."""

    async def whole() -> None:
        service = await started(folder, **chosen)
        try:
            async with asyncio.timeout(60):
                await work(service)
        finally:
            await service.stop()

    asyncio.run(whole())


def band_view(text: str = "") -> QueryView:
    return QueryView(bands(text))


def kept(service: Service, key: str, size: int = 10, view: View | None = None) -> Answer:
    """An answer that is kept from now on, if there is room."""
    answer = Answer(b"x" * size, "", {}, service.live.number)
    service.answers.keep(key, view or band_view(), answer)
    return answer


async def add(service: Service, name: str, founded: int | None = None) -> str:
    band, _ = await service.write(lambda tx: tx.create(Band(name=name, founded=founded)))
    return band.id


def never() -> Read:
    async def read() -> tuple[Answer, View]:
        raise AssertionError("it was read, and need not have been")

    return read


asked = st.tuples(
    st.sampled_from(FILTERS),
    st.sampled_from(ORDERS),
    st.sampled_from(FIELDS),
    st.sampled_from(LIMITS),
    st.sampled_from(CALLERS),
)
changed = st.tuples(
    st.sampled_from(("create", "update", "update", "delete")),
    st.integers(0, 20),
    st.fixed_dictionaries(
        {
            "text": st.sampled_from(("a", "b", "A")),
            "year": st.sampled_from((None, 1999, 2000, 2001)),
            "owner": st.sampled_from(("ann", "bob", "zoe")),
        }
    ),
    st.booleans(),
)


def change(what: str, place: int, values: dict[str, Any]) -> Callable[[Transaction], None]:
    """A command that changes a paper, if there is one."""

    def command(tx: Transaction) -> None:
        found = list(tx.select(Paper))
        if what == "create":
            tx.create(Paper(**values))
        elif found and what == "update":
            tx.update(found[place % len(found)], **values)
        elif found:
            tx.delete(found[place % len(found)])

    return command


@settings(max_examples=40, deadline=None)
@given(
    questions=st.lists(asked, min_size=1, max_size=8, unique=True),
    steps=st.lists(st.one_of(changed, st.integers(0, 7)), min_size=1, max_size=40),
)
def test_a_kept_answer_is_what_a_fresh_read_gives(
    questions: list[tuple[str, str, str, int, Caller]], steps: list[Any]
) -> None:
    with TemporaryDirectory() as folder:

        async def check(service: Service) -> None:
            declaration = declare(Paper)

            async def ask(place: int) -> None:
                filter, order, fields, limit, who = questions[place % len(questions)]
                text = "&".join(part for part in (filter, order, fields) if part)
                query = parse_query(
                    declaration, text.encode(), default_limit=limit, max_limit=50, max_terms=9
                )

                async def fresh() -> tuple[bytes, int]:
                    page = await service.read(query, who)
                    return b",".join(page.records) + str(page.next).encode(), page.position.number

                async def read() -> tuple[Answer, View]:
                    body, number = await fresh()
                    return Answer(body, "", {}, number), QueryView(sight(declaration, who).restrict(query))

                key = (text, limit, service.alike(declaration, who))
                try:
                    answer = await service.answers.find(key, read)
                except Problem as refused:
                    with pytest.raises(type(refused)):
                        await fresh()
                    return
                body = answer.body
                assert (body, answer.number) == await fresh()

            with opened(Path(folder)) as other:
                for step in steps:
                    if isinstance(step, int):
                        await ask(step)
                        continue
                    what, place, values, elsewhere = step
                    command = change(what, place, values)
                    if elsewhere:
                        await asyncio.to_thread(write_and_wait, command, other)
                    else:
                        await service.write(command)
                    for each in range(len(questions)):
                        await ask(each)

        run(check, Path(folder))


def test_what_is_kept_stays_within_its_room_and_the_least_used_goes(tmp_path: Path) -> None:
    room = 40 * (OVERHEAD + 100)

    async def check(service: Service) -> None:
        answers = service.answers
        first = [kept(service, f"{each}", 100) for each in range(40)]
        assert len(answers) == 40
        assert answers.bytes == room
        assert answers.get("0") is first[0]
        kept(service, "one more", 100)
        assert answers.get("1") is None
        assert answers.get("0") is first[0]
        assert not first[1].kept
        too_large = kept(service, "too large", room // LARGEST - OVERHEAD + 1)
        assert not too_large.kept
        assert kept(service, "large", room // LARGEST - OVERHEAD).kept
        for each in range(200):
            kept(service, f"{each}", each)
            assert answers.bytes <= room
        assert answers.bytes == sum(len(each.body) + OVERHEAD for each in answers._kept.values())
        await add(service, "concerns all")
        assert (len(answers), answers.bytes) == (0, 0)
        assert not list(service.live._channels)

    run(check, tmp_path, answer_bytes=room)


def test_no_room_keeps_nothing(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        assert not kept(service, "x", 0).kept
        assert len(service.answers) == 0

    run(check, tmp_path, answer_bytes=0)


def test_one_that_takes_the_place_of_another_is_counted_once(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        first = kept(service, "x", 500)
        second = kept(service, "x", 700)
        assert (first.kept, second.kept) == (False, True)
        assert service.answers.bytes == 700 + OVERHEAD
        assert service.answers.get("x") is second

    run(check, tmp_path)


def test_only_the_change_that_concerns_it_drops_an_answer(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        old = kept(service, "old", view=band_view("founded[lt]=1970"))
        named = kept(service, "named", view=band_view("name=Can"))
        before = old.number
        await add(service, "Neu", 1971)
        assert service.answers.get("old") is old
        assert old.number == service.live.number > before
        await add(service, "Can", 1968)
        assert service.answers.get("old") is None
        assert service.answers.get("named") is None
        assert not named.kept

    run(check, tmp_path)


class Gate:
    """A read that waits until it is let through; it counts how often it was begun."""

    def __init__(self, service: Service, text: str = "", padding: int = 0) -> None:
        self.begun = 0
        self.open = asyncio.Event()
        self._service = service
        self._text = text
        self._padding = padding

    async def __call__(self) -> tuple[Answer, View]:
        self.begun += 1
        page = await self._service.read(bands(self._text, 100))
        await self.open.wait()
        await asyncio.sleep(0.01)  # those who wait for it come to wait at the same time
        body = b",".join(page.records) + b" " * self._padding
        return Answer(body, "", {}, page.position.number), band_view(self._text)


async def several(service: Service, read: Read, number: int) -> list[asyncio.Task[Answer]]:
    """Many who ask for the same at once, and have begun to."""
    tasks = [asyncio.create_task(service.answers.find("key", read)) for _ in range(number)]
    await asyncio.sleep(0.02)
    return tasks


def test_many_who_ask_the_same_at_once_make_one_read(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        await add(service, "a")
        gate = Gate(service)
        tasks = await several(service, gate, 50)
        gate.open.set()
        found = await asyncio.gather(*tasks)
        assert gate.begun == 1
        assert len({id(each) for each in found}) == 1
        assert await service.answers.find("key", never()) is found[0]
        assert not service.answers._reading

    run(check, tmp_path)


def test_a_scan_that_takes_time_is_made_once_too(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        def fill(tx: Transaction) -> None:
            for each in range(20_000):
                tx.create(Band(name=f"band {each}"))

        _, position = await service.write(fill)
        assert await service.live.reached(position.number, 10)
        query = bands("name[contains]=nothing", 10)
        with pytest.raises(TakesTime), service.store.glance() as snapshot:
            snapshot.page(query, 10)
        begun = 0

        async def read() -> tuple[Answer, View]:
            nonlocal begun
            begun += 1
            page = await service.read(query)
            return Answer(b"", "", {}, page.position.number), QueryView(query)

        found = await asyncio.gather(*(service.answers.find("key", read) for _ in range(50)))
        assert begun == 1
        assert len({id(each) for each in found}) == 1

    run(check, tmp_path)


def test_who_waited_for_a_read_that_is_out_of_date_reads_itself(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        gate = Gate(service)
        tasks = await several(service, gate, 10)
        id = await add(service, "new")
        late = asyncio.create_task(service.answers.find("key", gate))
        await asyncio.sleep(0.02)
        gate.open.set()
        first, *others = await asyncio.gather(*tasks, late)
        assert first.body == b""  # it was exact when it was asked for
        for each in others:
            assert id.encode() in each.body
        assert not service.answers._reading
        assert id.encode() in (await service.answers.find("key", never())).body

    run(check, tmp_path)


def test_answers_too_large_to_keep_are_read_by_each_who_asks(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        await add(service, "a")
        gate = Gate(service, padding=100_000)
        tasks = await several(service, gate, 20)
        gate.open.set()
        for each in await asyncio.gather(*tasks):
            assert len(each.body) > 100_000
        assert gate.begun == 20
        assert not service.answers._reading

    run(check, tmp_path, answer_bytes=100_000)


@pytest.mark.parametrize("how", ["fails", "is cancelled"])
def test_a_read_that_comes_to_nothing_leaves_nobody_waiting(tmp_path: Path, how: str) -> None:
    async def check(service: Service) -> None:
        gate = Gate(service)
        failing = asyncio.Event()

        async def broken() -> tuple[Answer, View]:
            await failing.wait()
            raise RuntimeError("the read broke")

        reader = asyncio.create_task(service.answers.find("key", broken))
        await asyncio.sleep(0.02)
        tasks = await several(service, gate, 10)
        gone = tasks.pop()
        gone.cancel()
        gate.open.set()
        if how == "fails":
            failing.set()
        else:
            reader.cancel()
        with suppress(RuntimeError, asyncio.CancelledError):
            await reader
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks)
        assert gone.cancelled()
        assert gate.begun >= 1
        assert not service.answers._reading

    run(check, tmp_path)


def test_one_without_a_key_is_always_read(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        gate = Gate(service)
        gate.open.set()
        for count in range(1, 4):
            await service.answers.find(None, gate)
            assert gate.begun == count
        assert len(service.answers) == 0

    run(check, tmp_path)


def test_what_another_process_committed_is_never_missed(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        gate = Gate(service)
        gate.open.set()
        with opened(tmp_path) as other:
            for each in range(50):
                await service.answers.find("key", gate)
                assert await service.live.reached(each, 10)
                made = write_and_wait(lambda tx: tx.create(Band(name=f"band {each}")), other)[0]  # noqa: B023
                # the loop did not turn since: nobody can have told us
                assert service.live.number < service.store.newest()
                assert service.answers.get("key") is None
                assert made.id.encode() in (await service.answers.find("key", gate)).body

    run(check, tmp_path)


def test_others_commits_are_looked_for_once_for_all_that_a_turn_of_the_loop_reads(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        with opened(tmp_path) as other:
            for each in range(1, 50):
                answer = kept(service, "key", view=band_view("name=nobody"))
                assert service.answers.holds(answer)
                write_and_wait(lambda tx: tx.create(Band(name=f"band {each}")), other)  # noqa: B023
                assert service.answers.holds(answer)  # what is read in this turn was sent before
                await asyncio.sleep(0)
                if service.live.number < each:
                    assert not service.answers.holds(answer)
                    assert await service.live.reached(each, 10)
                    await asyncio.sleep(0)
                assert service.answers.holds(answer)
                assert answer.number == each
            await add(service, "nobody")
            assert not service.answers.holds(answer)

    run(check, tmp_path)


def test_a_gap_in_what_is_told_drops_all(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        answer = kept(service, "x", view=band_view("name=nobody"))
        service.live._skip(service.live.number)
        assert not answer.kept
        assert len(service.answers) == 0

    run(check, tmp_path)


def test_an_answer_older_than_what_is_remembered_is_not_kept(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        def fill(tx: Transaction) -> None:
            for each in range(1500):
                tx.create(Band(name=f"band {each}"))

        number = service.live.number
        _, position = await service.write(fill)
        assert await service.live.reached(position.number, 5)
        answer = Answer(b"", "", {}, number)
        service.answers.keep("x", band_view("name=nobody"), answer)
        assert not answer.kept

    run(check, tmp_path)


def test_a_view_that_breaks_is_taken_to_be_concerned(tmp_path: Path) -> None:
    class Broken(QueryView):
        def see(self, change: Any) -> Any:
            raise RuntimeError("this view broke")

    async def check(service: Service) -> None:
        broken = kept(service, "x", view=Broken(bands()))
        await add(service, "a")
        assert not broken.kept

    run(check, tmp_path)


def test_answers_are_told_before_followers(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        answer = kept(service, "x")
        told: list[bool] = []

        def deliver(batch: Any) -> bool:
            told.append(answer.kept)
            return True

        follower = Called(deliver)
        service.live.join(band_view(), follower)
        await add(service, "a")
        await asyncio.sleep(0.01)
        assert told == [False]
        service.live.leave(follower)

    run(check, tmp_path)


def test_nothing_holds_on_to_an_answer_that_is_dropped(tmp_path: Path) -> None:
    async def check(service: Service) -> None:
        gone = ref(kept(service, "x"))
        assert gone() is not None
        await add(service, "a")
        assert gone() is None

    run(check, tmp_path)
