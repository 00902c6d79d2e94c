"""Sight: what a change means to one who sees a part of the records, and a part of each."""

import json
from typing import Any

import pytest

from antiphon import Access, Caller, Change, Resource, field, role, where
from antiphon.access import sight
from antiphon.resources import declare


class Note(Resource):
    text: str
    secret: str = field(default="", hidden=True)
    public: bool = False

    access = Access(read=where(public=True) | role("service"))


NOTES = declare(Note)
ANA, SERVICE, UNKNOWN = Caller("ana"), Caller("charts", frozenset({"service"})), Caller()
ORIGIN = ("ana", "social/abc-7", "00-trace")


def change(before: bool | None, after: bool | None) -> Change[Note]:
    """A change between records that are public, or not, or not there."""
    made = (
        None
        if public is None
        else NOTES.encode(Note(id="n", revision=4, text="t", secret="s", public=public))
        for public in (before, after)
    )
    row: Any = (5, "2026-01-31T12:00:00.000000Z", "/notes", "n", "changed", *made, *ORIGIN)
    return Change(row, NOTES.decode)


def shown(stored: bytes | None) -> bool | None:
    """What a stored record says of being public; it may say nothing hidden."""
    if stored is None:
        return None
    record = json.loads(stored)
    assert record.keys() == {"id", "revision", "text", "public"}
    public: bool = record["public"]
    return public


@pytest.mark.parametrize(
    ("before", "after", "kind", "seen"),
    [
        (None, True, "added", (None, True)),
        (False, True, "added", (None, True)),
        (True, True, "changed", (True, True)),
        (True, False, "removed", (True, None)),
        (True, None, "removed", (True, None)),
        (None, False, None, None),
        (False, False, None, None),
        (False, None, None, None),
    ],
)
def test_what_comes_into_sight_is_added_and_what_leaves_it_removed(
    before: bool | None, after: bool | None, kind: str | None, seen: Any
) -> None:
    row = sight(NOTES, UNKNOWN).row(change(before, after))
    if kind is None:
        assert row is None
    else:
        assert row is not None
        assert row[:5] == (5, "2026-01-31T12:00:00.000000Z", "/notes", "n", kind)
        assert (shown(row[5]), shown(row[6])) == seen
    whole = sight(NOTES, SERVICE).row(change(before, after))
    assert whole is not None
    assert (shown(whole[5]), shown(whole[6])) == (before, after)


def test_who_made_a_change_is_told_to_itself_and_to_services() -> None:
    def origin(who: Caller) -> tuple[str | None, ...]:
        row = sight(NOTES, who).row(change(None, True))
        assert row is not None
        return row[7:]

    assert origin(ANA) == origin(SERVICE) == ORIGIN
    assert origin(UNKNOWN) == origin(Caller("ben")) == (None, None, None)


def test_the_sights_of_those_in_very_many_groups_are_not_kept() -> None:
    few, many = (Caller("ana", groups=frozenset(map(str, range(count)))) for count in (5, 500))
    assert sight(NOTES, few) is sight(NOTES, few)
    assert sight(NOTES, many) is not sight(NOTES, many)
