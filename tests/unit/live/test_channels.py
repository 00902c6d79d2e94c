"""Finding the channels that a change concerns: none that sees it is left out, and few others are asked."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.live.songs import change, view_of
from tests.unit.queries.songs import SONGS, Song

from antiphon import Caller, caller, where
from antiphon.live import Batch, Called, Channel, Live, QueryView
from antiphon.live.channels import Channels
from antiphon.log import Change
from antiphon.observations import Observers
from antiphon.queries import MOST_NEEDED, And, Compare, Filter, Or, Query

TEXTS = st.sampled_from(["", "jazz", "JAZZ", "Jäzz", "swing", "rock"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": TEXTS,
    "id": st.sampled_from(["jazz", "swing", "rock"]),
    "genre": TEXTS | st.none(),
    "year": st.sampled_from([0, 1, 1959, -(2**63)]) | st.none(),
    "length": st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e300]) | st.none(),
    "live": st.booleans() | st.none(),
    "released": st.sampled_from([date(1959, 8, 17), date(2000, 1, 1)]) | st.none(),
    "played": st.sampled_from([datetime(1959, 8, 17, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)])
    | st.none(),
}
ORDERED: tuple[Any, ...] = ("lt", "lte", "gt", "gte")


@st.composite
def comparisons(draw: st.DrawFn) -> Filter:
    name = draw(st.sampled_from(sorted(VALUES)))
    operators: list[Any] = ["eq", "eq", "eq", "ne", "in", "in", "null", *ORDERED]
    if name in ("title", "genre", "id"):
        operators += ["contains", "startswith"]
    operator = draw(st.sampled_from(operators))
    if operator == "null":
        return Compare(SONGS.by_name[name], operator, draw(st.booleans() | st.none()))
    if operator == "in":
        several = draw(st.lists(VALUES[name], max_size=3))
        return Compare(SONGS.by_name[name], operator, tuple(several))
    return Compare(SONGS.by_name[name], operator, draw(VALUES[name]))


def combined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several))


TAGGED = st.just(Compare(SONGS.by_name["tags"], "null", True))
FILTERS = st.recursive(comparisons() | TAGGED, combined, max_leaves=6)
RECORDS = st.none() | st.builds(Song, **VALUES, tags=st.sampled_from([None, [], ["a"]]))


def concerned(channels: Channels, changes: list[Change[Any]]) -> dict[Channel, list[Change[Any]]]:
    """Each channel found, once, with changes in order, each once."""
    found = {channel: list(concerning) for channel, concerning in channels.concerned(changes)}
    assert len(found) == len(list(channels.concerned(changes)))
    for concerning in found.values():
        numbers = [each.number for each in concerning]
        assert numbers == sorted(set(numbers))
    return found


@given(st.lists(FILTERS, max_size=8), st.lists(st.tuples(RECORDS, RECORDS), max_size=3))
def test_whoever_sees_a_change_is_found(
    filters: list[Filter], pairs: list[tuple[Song | None, Song | None]]
) -> None:
    channels = Channels()
    for filter in filters:
        channels.add(view_of(filter))
    changes = [change(*pair, number) for number, pair in enumerate(pairs, 1)]
    found = concerned(channels, changes)
    for channel in channels:  # the naive loop
        if seen := [each.number for each in changes if channel.view.see(each) is not None]:
            assert set(seen) <= {each.number for each in found[channel]}
    for filter in filters:
        if (left := channels.get(view_of(filter).key)) is not None:
            channels.remove(left)
            assert left not in concerned(channels, changes)
    assert not list(channels)
    assert not concerned(channels, changes)
    assert not channels._by_resource, "something is kept of what has gone"


def test_a_filter_of_many_values_is_found_by_each_of_them_or_asked() -> None:
    channels = Channels()
    for count in (MOST_NEEDED, MOST_NEEDED + 1):
        titles = tuple(str(number) for number in range(count))
        channels.add(view_of(Compare(SONGS.by_name["title"], "in", titles)))
    assert len(concerned(channels, [change(None, Song(title="7"))])) == 2
    assert len(concerned(channels, [change(None, Song(title="none"))])) == 1


def test_of_several_equalities_the_one_that_tells_most_apart_is_used() -> None:
    """Whichever stands last: a flag that all share would have all asked."""
    channels = Channels()
    for number in range(200):
        mine = Compare(SONGS.by_name["title"], "eq", f"person {number}")
        channels.add(view_of(And((mine, Compare(SONGS.by_name["live"], "eq", True)))))
    song = Song(title="person 7", live=True)
    assert len(concerned(channels, [change(None, song)])) <= 2


def test_what_is_mine_or_my_groups_is_found_by_me_and_each_of_my_groups() -> None:
    policy = where(title=caller.id) | where(genre=caller.groups)
    channels = Channels()
    for number in range(200):
        groups = frozenset({f"group {number}", f"group {number + 1}"})
        filter = policy.for_caller(SONGS, Caller(f"person {number}", groups=groups))
        channels.add(view_of(And((Compare(SONGS.by_name["year"], "gt", 1900), filter))))
    assert len(concerned(channels, [change(None, Song(title="person 7", year=1959))])) == 1
    assert len(concerned(channels, [change(None, Song(title="", genre="group 7", year=1959))])) == 2
    assert len(concerned(channels, [change(None, Song(title="", genre=None, year=1959))])) == 0


def test_a_view_of_several_resources_is_told_in_the_order_of_the_log() -> None:
    class Both(QueryView):
        """Songs, and the same again as if they were another resource's."""

        def __init__(self) -> None:
            super().__init__(Query(SONGS))
            self.key = "both"
            self.concerns = ((SONGS.path, And()), ("/others", Compare(SONGS.by_name["genre"], "eq", "jazz")))

    def elsewhere(entry: Change[Any]) -> Change[Any]:
        return Change((*entry.row[:2], "/others", *entry.row[3:]), SONGS.decode)

    async def check() -> None:
        async def pull(after: int, limit: int) -> list[Change[Any]]:
            return []

        live = Live(0, pull, Observers())
        told: list[int | None] = []

        def deliver(batch: Batch) -> bool:
            told.extend(event.number for event in batch.events)
            return True

        follower = Called(deliver)
        live.join(Both(), follower)
        for start in (1, 4):
            jazz = [change(None, Song(title="", genre="jazz"), start + place) for place in range(3)]
            live.publish([jazz[0], elsewhere(jazz[1]), jazz[2]], start + 2)
        live.publish([elsewhere(change(None, Song(title="", genre="rock"), 7))], 7)
        await asyncio.sleep(0)
        assert told == [1, 2, 3, 4, 5, 6]
        live.leave(follower)
        assert not live._channels._by_resource

    asyncio.run(check())


def owned(title: str, more: str = "") -> QueryView:
    terms = (Compare(SONGS.by_name["genre"], "eq", "jazz"), Compare(SONGS.by_name["title"], "eq", title))
    return view_of(And((*terms, Compare(SONGS.by_name["id"], "ne", more))))


def test_of_a_thousand_people_only_those_concerned_are_asked() -> None:
    channels = Channels()
    for number in range(1000):
        channels.add(owned(f"person {number}"))
    everyone = channels.add(view_of(And()))
    other = channels.add(owned("person 7", "naima"))
    assert channels.add(owned("person 7", "naima")) is other
    before, after = (Song(id="so-what", title=title, genre="Jazz") for title in ("person 7", "person 8"))
    found = concerned(channels, [change(before, after)])
    assert set(found) == {everyone, other, *map(channels.get, (owned(f"person {n}").key for n in (7, 8)))}


def test_a_record_that_cannot_be_read_is_left_to_each_view() -> None:
    async def check() -> None:
        async def pull(after: int, limit: int) -> list[Change[Any]]:
            return []

        live = Live(0, pull, Observers())
        told: list[Batch] = []

        def deliver(batch: Batch) -> bool:
            told.append(batch)
            return True

        reads, other, later = (Called(deliver) for _ in range(3))
        live.join(owned("Naima"), reads)
        live.join(owned("Blue"), other)
        broken = Change((1, "", SONGS.path, "naima", "added", None, b"{", None, None, None), SONGS.decode)
        live.publish([broken], 1)
        await asyncio.sleep(0)
        assert reads.ended.result() == other.ended.result() == "cut"
        assert live.number == 1
        live.join(owned("Naima"), later)
        live.publish([change(None, Song(id="naima", title="Naima", genre="jazz"), 2)], 2)
        await asyncio.sleep(0)
        assert [msgspec.json.decode(event.body)["title"] for batch in told for event in batch.events] == [
            "Naima"
        ]

    asyncio.run(check())
