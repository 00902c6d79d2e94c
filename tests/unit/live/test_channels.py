"""Finding the channels that a change concerns: none that sees it is left out, and few others are asked."""

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.live.songs import change, view_of
from tests.unit.queries.songs import SONGS, Song

from antiphon.live import Batch, Called, Channel, Live, QueryView
from antiphon.live.channels import Channels
from antiphon.log import Change
from antiphon.observations import Observers
from antiphon.queries import And, Compare, Filter, Or

TEXTS = st.sampled_from(["", "jazz", "JAZZ", "Jäzz", "swing", "rock"])
NAMES = ("title", "genre", "id")


def comparisons() -> st.SearchStrategy[Filter]:
    def compare(name: str, operator: Any, value: Any) -> Filter:
        if operator == "in":
            return Compare(SONGS.by_name[name], operator, (value, "swing"))
        return Compare(SONGS.by_name[name], operator, value == "" if operator == "null" else value)

    operators = st.sampled_from(["eq", "eq", "eq", "ne", "lt", "in", "contains", "null"])
    values = st.one_of(TEXTS, st.none())
    return st.one_of(
        st.builds(compare, st.sampled_from(NAMES), operators, values),
        st.builds(Compare, st.just(SONGS.by_name["year"]), st.just("eq"), st.sampled_from([1959, None])),
    )


def combined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several))


FILTERS = st.recursive(comparisons(), combined, max_leaves=6)
RECORDS = st.one_of(
    st.none(),
    st.builds(
        Song,
        id=st.sampled_from(["jazz", "swing", "rock"]),
        title=TEXTS,
        genre=st.one_of(TEXTS, st.none()),
        year=st.sampled_from([1959, None]),
    ),
)


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
