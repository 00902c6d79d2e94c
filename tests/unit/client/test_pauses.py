"""Pauses between tries."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.client.pauses import FIRST, LONGEST, Pauses


def test_pauses_grow_to_a_bound_and_begin_again() -> None:
    pauses = Pauses()
    taken = [pauses.next() for _ in range(100)]
    for place, pause in enumerate(taken):
        longest = min(LONGEST, FIRST * 2**place)
        assert longest / 2 <= pause <= longest
    pauses.reset()
    assert pauses.next() <= FIRST


def test_pauses_are_not_the_same_for_all() -> None:
    assert len({Pauses().next() for _ in range(100)}) > 90


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_what_a_server_asks_for_is_kept_within_the_bound(first: float, at_least: float) -> None:
    pauses = Pauses()
    pauses.first = first
    pause = pauses.next(at_least)
    assert min(at_least, LONGEST) <= pause <= LONGEST
    assert pauses.last == pause
