"""Telling in slices: whatever happens between, each is told what came after it joined, once, in order."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.live.songs import change, view_of
from tests.unit.queries.songs import SONGS, Song

from antiphon.live import Batch, Follower, Live, telling
from antiphon.log import Change
from antiphon.observations import Failed, FollowerLeft, Observation, Observers
from antiphon.queries import And, Compare, Filter

GENRES = ("jazz", "swing", "rock")
FILTERS: dict[str, Filter] = {
    "all": And(),
    "jazz": Compare(SONGS.by_name["genre"], "eq", "jazz"),
    "new": Compare(SONGS.by_name["year"], "gt", 2000),
    "jazz or swing": Compare(SONGS.by_name["genre"], "in", ("jazz", "swing")),
}


MOST = 1_000_000


class Told(Follower):
    """Notes what it is told; after `patience` times it keeps up no more."""

    __slots__ = ("bookmarked", "joined", "left", "numbers", "patience", "view")

    def __init__(self, world: "World", name: str, member: str | None = None, patience: int = MOST) -> None:
        super().__init__(member)
        self.view = view_of(FILTERS[name])
        self.joined = world.live.number
        self.patience = patience
        self.numbers: list[int] = []
        self.bookmarked = 0
        self.left: tuple[str, int] | None = None

    def take(self, batch: Batch) -> bool:
        assert self.left is None, "told after its end"
        if not self.patience:
            return False
        self.patience -= 1
        for event in batch.events:
            assert event.number is not None
            last = self.numbers[-1] if self.numbers else self.joined
            assert event.number > last, "told again, or out of order"
            assert event.number > self.bookmarked, "a bookmark was ahead of what was told"
            self.numbers.append(event.number)
        if not batch.events:
            assert batch.number >= self.bookmarked
            self.bookmarked = batch.number
        return True

    def end(self, reason: str, number: int) -> str:
        assert self.left is None, "ended twice"
        self.left = reason, number
        return reason


class Turns:
    """Ana's and Ben's eyes turn with the changes of songs that are named so."""

    def concerned(self, change: Change[Any]) -> set[str]:
        return {change.id} & {"ana", "ben"}


class World:
    """A live part, all that was published, and all who ever followed."""

    def __init__(self) -> None:
        self.observed: list[Observation] = []
        observers = Observers()
        observers.add(self.observed.append)
        self.live = Live(0, self._pull, observers, Turns())
        self.log: list[Change[Any]] = []
        self.everyone: list[Told] = []
        self.watched: list[int] = []

    async def _pull(self, after: int, limit: int) -> list[Change[Any]]:
        return self.log[after : after + limit]

    def publish(self, songs: list[tuple[str, str, int]], known: bool) -> None:
        before = len(self.log)
        for id, genre, year in songs:
            song = Song(id=id, title="", genre=genre, year=year)
            self.log.append(change(None, song, len(self.log) + 1))
        self.live.publish(self.log[before:] if known else None, len(self.log))

    def join(self, name: str, member: str | None = None, patience: int = MOST) -> None:
        self.add(Told(self, name, member, patience))

    def add(self, follower: Told) -> None:
        self.everyone.append(follower)
        self.live.join(follower.view, follower)

    def leave(self, place: int) -> None:
        if self.everyone:
            self.live.leave(self.everyone[place % len(self.everyone)])

    async def settle(self) -> None:
        for _ in range(1_000_000):
            telling = self.live._telling
            due = telling._noted or telling._queue or telling._quiet
            if self.live.number == len(self.log) and not due:
                return
            await asyncio.sleep(0)
        raise AssertionError("it never ends")

    def check(self) -> None:
        for failed in self.observed:
            if isinstance(failed, Failed):
                raise failed.error
        for follower in self.everyone:
            seen = [each.number for each in self.log if follower.view.see(each) is not None]
            seen = [number for number in seen if number > follower.joined]
            reason, number = follower.left or ("", 0)
            if reason == "turned":
                assert follower.numbers == [each for each in seen if each < number]
            elif reason:
                assert follower.numbers == seen[: len(follower.numbers)]
            else:
                assert follower.numbers == seen
        left = [each.reason for each in self.observed if isinstance(each, FollowerLeft)]
        assert sorted(left) == sorted(each.left[0] for each in self.everyone if each.left)
        assert self.live.followers == sum(each.left is None for each in self.everyone)


songs = st.tuples(
    st.sampled_from(("a", "b", "ana", "ben")), st.sampled_from(GENRES), st.sampled_from((1959, 2020))
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.lists(songs, min_size=1, max_size=4), st.booleans()),
        st.tuples(
            st.just("join"),
            st.sampled_from(("all", *FILTERS)),
            st.sampled_from((None, None, "ana", "ben")),
            st.sampled_from((MOST, MOST, 0, 1, 2)),
        ),
        st.tuples(st.just("leave"), st.integers(0, 7)),
        st.tuples(st.just("bookmark")),
        st.tuples(st.just("wait"), st.integers(1, 4)),
    ),
    min_size=10,
    max_size=30,
)


@settings(max_examples=150)
@given(steps, st.sampled_from((1, 1, 2)))
def test_however_it_is_sliced_each_is_told_what_came_after_it_joined(
    history: list[tuple[Any, ...]], stride: int
) -> None:
    async def check() -> None:
        world = World()
        for name in ("all", "all", "all", *FILTERS):
            world.join(name)
        for step in history:
            match step:
                case ("publish", added, known):
                    world.publish(added, known)
                case ("join", name, member, patience):
                    world.join(name, member, patience)
                case ("leave", place):
                    world.leave(place)
                case ("bookmark",):
                    world.live.bookmark()
                case ("wait", turns):
                    for _ in range(turns):
                        await asyncio.sleep(0)
        await world.settle()
        world.check()
        world.live.bookmark()
        await world.settle()
        for follower in world.everyone:
            if follower.left is None:  # at the end everyone's position is the newest
                assert max(follower.bookmarked, *follower.numbers, 0) == len(world.log)
        world.live.close()
        world.check()
        assert not len(world.live._channels)

    with patch.object(telling, "STRIDE", stride), patch.object(telling, "SLICE_SECONDS", 0.0):
        asyncio.run(check())


def test_what_comes_during_a_round_is_told_in_it_to_who_has_not_had_a_turn() -> None:
    async def check() -> None:
        world = World()
        for _ in range(10):
            world.join("all")
        world.publish([("a", "jazz", 1959)], True)
        for _ in range(5):
            await asyncio.sleep(0)
        assert [each.numbers for each in world.everyone] == [[1]] * 5 + [[]] * 5
        world.publish([("a", "rock", 1960), ("b", "rock", 1961)], True)
        world.join("all")
        batches = [each.patience for each in world.everyone]
        await world.settle()
        world.check()
        used = [before - each.patience for before, each in zip(batches, world.everyone, strict=True)]
        assert used == [1] * 10 + [0], "each was told once more, and of all at once"

    with patch.object(telling, "STRIDE", 1), patch.object(telling, "SLICE_SECONDS", 0.0):
        asyncio.run(check())


def test_a_slice_ends_in_time_and_others_have_theirs_between() -> None:
    now = 0.0

    class Slow(Told):
        __slots__ = ()

        def take(self, batch: Batch) -> bool:
            nonlocal now
            now += 0.000_01
            return super().take(batch)

    async def check() -> None:
        nonlocal now
        world = World()
        world.live._telling._clock = lambda: now
        for _ in range(5000):
            world.add(Slow(world, "all"))
        world.publish([("a", "jazz", 1959)], True)
        begin, turns, longest = now, 0, 0.0
        while world.live._telling._noted or world.live._telling._queue:
            turn = now
            await asyncio.sleep(0)
            longest = max(longest, now - turn)
            turns += 1
        world.check()
        assert now - begin == pytest.approx(5000 * 0.000_01)
        assert longest <= 1.1 * telling.SLICE_SECONDS + telling.STRIDE * 0.000_01 + 1e-9
        assert turns >= 0.7 * (now - begin) / telling.SLICE_SECONDS

    asyncio.run(check())


def behind_slow_ones(followers: int, seconds: float, changes: int, known: bool) -> int:
    """The most changes that one was behind, of followers who take long each; changes come at each turn."""
    now = 0.0

    class Slow(Told):
        __slots__ = ()

        def take(self, batch: Batch) -> bool:
            nonlocal now
            now += seconds
            return super().take(batch)

    async def check() -> int:
        world = World()
        world.live._telling._clock = lambda: now
        for _ in range(followers):
            world.add(Slow(world, "all"))
        most = 0
        while len(world.log) < changes or world.live.number < changes:
            if len(world.log) < changes:
                world.publish([("a", "jazz", 1959)] * (1 if known else changes), known)
            await asyncio.sleep(0)
            most = max(most, world.live.number - min(each.told for each in world.everyone))
        await world.settle()
        world.check()
        return most

    with patch.object(telling, "STRIDE", 1):
        return asyncio.run(check())


def test_writers_that_are_too_quick_are_held_up() -> None:
    """Telling all takes a second, which would be a thousand turns; but slices grow."""
    assert behind_slow_ones(1000, 0.001, 1500, known=True) < 700


def test_the_log_is_read_no_faster_than_it_is_told() -> None:
    assert behind_slow_ones(50, 0.01, 20_000, known=False) < 5000


def test_one_that_fails_to_take_is_cut_alone() -> None:
    class Failing(Told):
        __slots__ = ()

        def take(self, batch: Batch) -> bool:
            raise RuntimeError("a follower that fails")

    async def check() -> None:
        world = World()
        world.join("all")
        failing = Failing(world, "all")
        world.live.join(failing.view, failing)
        world.join("all")
        world.publish([("a", "jazz", 1959)], True)
        await world.settle()
        assert failing.left == ("cut", 0)
        assert [each.numbers for each in world.everyone] == [[1], [1]]

    asyncio.run(check())


def test_watchers_are_called_at_once_and_no_more_when_they_leave() -> None:
    async def check() -> None:
        world = World()
        called: list[list[int] | None] = []

        def watcher(changes: Any) -> None:
            assert changes is None or world.live.number == changes[-1].number
            called.append(None if changes is None else [each.number for each in changes])

        channel = world.live.watch(view_of(FILTERS["jazz"]), watcher)
        world.join("jazz")
        world.publish([("a", "jazz", 1959), ("b", "rock", 1959), ("c", "jazz", 1959)], True)
        assert called == [[1, 3]]
        assert world.everyone[0].numbers == []
        world.publish([("b", "rock", 1959)], True)
        assert called == [[1, 3]]
        world.live._skip(7)
        assert called == [[1, 3], None]
        world.live.unwatch(channel, watcher)
        world.publish([("a", "jazz", 1959)], True)
        assert called == [[1, 3], None]
        assert not len(world.live._watched)
        assert not world.live._watchers

    asyncio.run(check())


def test_who_is_never_told_anything_gets_bookmarks_while_others_always_are() -> None:
    async def check() -> None:
        world = World()
        for _ in range(50):
            world.join("all")
        for _ in range(5):
            world.join("jazz")
        for _ in range(20):
            world.publish([("a", "rock", 1959)], True)
            await asyncio.sleep(0)
        world.live.bookmark()
        for _ in range(50):
            world.publish([("a", "rock", 1959)], True)
            assert world.live._telling._noted or world.live._telling._queue
            await asyncio.sleep(0)
        assert all(each.bookmarked >= 20 for each in world.everyone[50:])
        await world.settle()
        world.check()

    with patch.object(telling, "STRIDE", 1), patch.object(telling, "SLICE_SECONDS", 0.0):
        asyncio.run(check())
