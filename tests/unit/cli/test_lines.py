"""Lines for people."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.cli.lines import LONGEST, difference_text, event_line, fields_text, kind_text, value_text
from antiphon.client import Event

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=5,
)
RECORDS = st.dictionaries(st.text(max_size=10), JSON, max_size=5)


@given(
    st.sampled_from(["present", "live", "added", "changed", "removed", "message", "\x1b"]),
    st.one_of(
        RECORDS,
        st.builds(lambda before, after: {"data": {"before": before, "after": after}}, RECORDS, RECORDS),
    ),
    st.text(),
)
def test_nothing_that_is_told_can_steer_the_terminal(
    kind: str, record: dict[str, object], position: str
) -> None:
    line = event_line(Event(kind, record, position), "/songs", colour=False)
    assert line.isprintable()


def test_a_record_is_shown_without_what_says_nothing() -> None:
    record = {"id": "a", "revision": 3, "title": "So What", "year": None, "length": 545.0, "tags": ["x"]}
    assert fields_text(record) == 'title="So What" length=545.0 tags=["x"]'


def test_a_change_is_shown_as_what_it_changed() -> None:
    before = {"id": "a", "revision": 3, "title": "a", "year": 1959, "same": 1}
    after = {"id": "a", "revision": 4, "title": "b", "same": 1, "new": True}
    assert difference_text(before, after) == 'title: "a" → "b" year: 1959 → null new: null → true'
    assert difference_text(None, after) == 'title="b" same=1 new=true'
    assert difference_text(before, None) == 'title="a" year=1959 same=1'
    assert difference_text(None, None) == ""


def test_a_long_value_is_cut() -> None:
    text = value_text("x" * 500)
    assert len(text) == LONGEST
    assert text.endswith("x…")


def test_kinds_are_aligned_and_coloured_on_request() -> None:
    assert kind_text("live", colour=False) == "live    "
    assert kind_text("added", colour=True) == "\x1b[32madded   \x1b[0m"
