"""Following over streams that are cut anywhere: each change once, in order."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.client.event_stream import Frame
from antiphon.client.following import Event, Following
from antiphon.errors import Malformed, PositionGone, Problem

RECORDS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 3), max_size=6)


def frame(kind: str, record: dict[str, Any], id: str | None = None) -> Frame:
    return Frame(kind, msgspec.json.encode(record), id)


def take(following: Following, *frames: Frame) -> list[Event]:
    return [event for each in frames for event in following.take(each)]


def stream(groups: list[int], after: int) -> Iterator[Frame]:
    """What a service sends after a position: a bookmark, then its groups, each with one id at its end."""
    yield Frame("", b"", f"p-{after}")
    for number, size in enumerate(groups, 1):
        if number > after:
            for place in range(size):
                id = f"p-{number}" if place == size - 1 else None
                yield frame("changed", {"id": f"{number}.{place}"}, id)


@given(st.lists(st.integers(1, 4), max_size=12), st.lists(st.integers(0, 15), max_size=20))
def test_each_event_is_told_once_in_order_wherever_connections_end(
    groups: list[int], cuts: list[int]
) -> None:
    following = Following("p-0")
    told: list[Event] = []
    for cut in [*cuts, 1000]:
        following.begin()
        assert following.position is not None
        for place, each in enumerate(stream(groups, int(following.position.removeprefix("p-")))):
            if place == cut:
                break
            told += (event for event in following.take(each) if event.kind != "bookmark")
    expected = [
        (f"{number}.{place}", f"p-{number}" if place == size - 1 else None)
        for number, size in enumerate(groups, 1)
        for place in range(size)
    ]
    assert [(event.record["id"], event.position) for event in told] == expected


@given(st.lists(st.tuples(RECORDS, st.integers(0, 6)), max_size=6), RECORDS)
def test_a_list_that_is_cut_and_begun_anew_is_told_as_one(
    attempts: list[tuple[dict[str, int], int]], last: dict[str, int]
) -> None:
    following = Following(None)
    told: list[Event] = []
    for state, cut in [*attempts, (last, 1000)]:
        following.begin()
        for id, revision in list(state.items())[:cut]:
            told += take(following, frame("present", {"id": id, "revision": revision}))
        assert following.position is None
    told += take(following, frame("live", {"position": "p-9"}, "p-9"))
    known: dict[str, int] = {}
    for event in told[:-1]:
        id, revision = event.record["id"], event.record["revision"]
        assert event.position is None
        match event.kind:
            case "present":
                assert id not in known
            case "changed":
                assert known[id] != revision
            case "removed":
                assert known.pop(id) == revision
                continue
        known[id] = revision
    assert known == last
    assert told[-1] == Event("live", {"position": "p-9"}, "p-9")
    assert following.position == "p-9"


def test_a_position_alone_is_a_bookmark() -> None:
    following = Following(None)
    assert take(following, Frame("", b"", "p-4")) == [Event("bookmark", {}, "p-4")]
    assert following.position == "p-4"


def test_an_entry_of_the_log_is_a_message() -> None:
    (event,) = take(Following("p-1"), frame("", {"type": "song.added"}, "p-2"))
    assert event == Event("message", {"type": "song.added"}, "p-2")


def test_a_stream_that_says_gone_raises_what_it_says() -> None:
    body = b'{"status": 410, "code": "position_gone", "detail": "p-1 is too old.", "hint": "Read again."}'
    with pytest.raises(PositionGone, match=r"p-1 is too old\. Read again\."):
        take(Following("p-1"), Frame("gone", body, None))


@pytest.mark.parametrize("body", [b"", b"gone", b"\xff", b"[]"])
def test_a_stream_that_says_gone_badly_raises_a_problem_all_the_same(body: bytes) -> None:
    with pytest.raises(Problem):
        take(Following("p-1"), Frame("gone", body, None))


@pytest.mark.parametrize("body", [b"hello", b"[1]", b'{"a"', b"\xff"])
def test_a_frame_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="no JSON object"):
        take(Following("p-1"), Frame("added", body, "p-2"))


def test_a_present_record_without_an_id_is_refused() -> None:
    with pytest.raises(Malformed, match="id"):
        take(Following(None), Frame("present", b"{}", None))
