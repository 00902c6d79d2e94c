"""What a change costs among 100,000 followers of whom it concerns few, beside the same among 100."""

import asyncio
import time
from collections.abc import Callable, Iterator

import uvloop

from antiphon import Access, Caller, Resource, caller, field, where
from antiphon.access import ANYONE, sight
from antiphon.live import Batch, Called, Live, QueryView
from antiphon.log import Change, Row
from antiphon.observations import Observers
from antiphon.queries import parse_query
from antiphon.resources import declare
from bench.catalog import Release
from bench.comparison import Comparison, require
from bench.trial import Trial

TIME = "2026-01-01T00:00:00.000000Z"
CROWD, FEW = 100_000, 100
TURNS = 10_000
"""Turns of the event loop after which a change is not going to be told."""
SHAPES = (
    "artist={name}",
    "artist={name}&genre=Jazz",
    "artist={name}&length[gte]=10",
    "album={name}&artist[ne]=x",
    "title={name}&year=2000",
)
"""Filters, each followed with a name of its own by a fifth of the followers; one name is in all five."""


class Message(Resource, path="/messages"):
    """What is seen by the one for whom it is."""

    recipient: str = field(default=caller.id, index=True)
    text: str = field(max_length=1000)

    access = Access(read=where(recipient=caller.id))


def compare(trial: Trial) -> Iterator[Comparison]:
    """In one process, without sockets: from a change until the last follower that it concerns is called."""
    crowd, changes = trial.size(CROWD), trial.size(400)
    for work, kind in (("of distinct filters", Filtered), ("of what is theirs, by policy", Owned)):
        title = f"a change among {crowd:,} followers {work}, in one process"
        row = Comparison(title, f"the same among {FEW}", "µs", "time", 2)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            row.alternate(kind(runner, crowd, changes), kind(runner, FEW, changes), trial.rounds)
        yield row


class Told:
    """A run: `changes` changes to `followers`; microseconds a change.

    The same changes for however many followers, each of whom has to get those that concern it, and no other.
    """

    def __init__(self, runner: asyncio.Runner, followers: int, changes: int) -> None:
        self._runner = runner
        self._changes = changes
        self._told: list[int] = []
        runner.run(self._join(followers))

    async def _join(self, followers: int) -> None:
        self._live = Live(0, _nothing, Observers())
        for number in range(followers):
            self._live.join(self.view(number), Called(self._deliver(number)))

    def view(self, number: int) -> QueryView:
        """What follower `number` wants to see, and may."""
        raise NotImplementedError

    def record(self, number: int) -> Resource:
        """The record that change `number` makes."""
        raise NotImplementedError

    def concerned(self, number: int) -> list[int]:
        """The followers whom it concerns."""
        raise NotImplementedError

    def __call__(self) -> float:
        begin = self._live.number + 1
        changes = [self._change(number) for number in range(begin, begin + self._changes)]
        expected = [each for change in changes for each in self.concerned(change.number)]
        self._told.clear()
        each = len(expected) // len(changes)
        seconds = self._runner.run(self._tell(changes, each))
        told = []
        for place in range(0, len(self._told), each):
            told += sorted(self._told[place : place + each])  # of one change they may be told in any order
        require(told == expected, "somebody was not told of a change, or somebody else was")
        return seconds / len(changes) * 1e6

    async def _tell(self, changes: list[Change[Resource]], each: int) -> float:
        """Publish one after the other, each when the one before is told to all of its followers."""
        start = time.perf_counter()
        for count, change in enumerate(changes, 1):
            self._live.publish([change], change.number)
            turns = 0
            while len(self._told) < count * each and turns < TURNS:
                await asyncio.sleep(0)
                turns += 1
        return time.perf_counter() - start

    def _change(self, number: int) -> Change[Resource]:
        record = self.record(number)
        record.id, record.revision = f"record-{number}", number
        declaration = declare(type(record))
        stored = declaration.encode(record)
        row: Row = (number, TIME, declaration.path, record.id, "added", None, stored, None, None, None)
        return Change(row, declaration.decode)

    def _deliver(self, number: int) -> Callable[[Batch], bool]:
        def deliver(batch: Batch) -> bool:
            self._told.extend(number for _ in batch.events)
            return True

        return deliver


class Filtered(Told):
    """Followers of releases who are nobody in particular, each with a filter that nobody else has."""

    def view(self, number: int) -> QueryView:
        shape = SHAPES[number % len(SHAPES)]
        asked = shape.format(name=f"name-{number // len(SHAPES)}").encode()
        query = parse_query(
            declare(Release), asked, default_limit=None, max_limit=1000, max_terms=100, stream=True
        )
        return QueryView(sight(declare(Release), ANYONE).restrict(query))

    def record(self, number: int) -> Release:
        name = f"name-{number % (FEW // len(SHAPES))}"
        return Release(title=name, artist=name, album=name, genre="Jazz", length=180.0, year=2000)

    def concerned(self, number: int) -> list[int]:
        first = number % (FEW // len(SHAPES)) * len(SHAPES)
        return list(range(first, first + len(SHAPES)))


class Owned(Told):
    """Followers of all messages that they may see: those that are for them."""

    def view(self, number: int) -> QueryView:
        query = parse_query(
            declare(Message), b"", default_limit=None, max_limit=1000, max_terms=100, stream=True
        )
        return QueryView(sight(declare(Message), Caller(f"person-{number}")).restrict(query))

    def record(self, number: int) -> Message:
        return Message(recipient=f"person-{number % FEW}", text="Hello")

    def concerned(self, number: int) -> list[int]:
        return [number % FEW]


async def _nothing(after: int, limit: int) -> list[Change[Resource]]:
    """The log: all of it is handed over."""
    return []
