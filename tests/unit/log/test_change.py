"""Changes: log entries that decode their records when asked, once."""

from antiphon.log import Change, ChangeKind
from antiphon.log.change import Row
from antiphon.resources import Resource, declare


class Song(Resource):
    title: str


SONGS = declare(Song)
BEFORE = SONGS.encode(Song(id="a", revision=1, title="x"))
AFTER = SONGS.encode(Song(id="a", revision=2, title="y"))
TIME = "2026-01-31T12:00:00.000000Z"


def entry(kind: ChangeKind, before: bytes | None, after: bytes | None) -> Row:
    return (2, TIME, "/songs", "a", kind, before, after, "me", "social:abcd-7", "00-1-2-01")


def test_a_change_names_what_its_entry_holds() -> None:
    change = Change(entry("changed", BEFORE, AFTER), SONGS.decode)
    assert change.row == (
        change.number,
        change.time,
        change.resource,
        change.id,
        change.kind,
        change.before_json,
        change.after_json,
        change.caller,
        change.cause,
        change.trace,
    )
    assert (change.number, change.time, change.resource, change.id) == (2, TIME, "/songs", "a")
    assert (change.kind, change.before_json, change.after_json) == ("changed", BEFORE, AFTER)
    assert (change.caller, change.cause, change.trace) == ("me", "social:abcd-7", "00-1-2-01")


def test_records_are_decoded_when_asked_for_and_once() -> None:
    decoded: list[bytes] = []

    def decode(stored: bytes) -> Song:
        decoded.append(stored)
        return SONGS.decode(stored)

    change = Change(entry("changed", BEFORE, AFTER), decode)
    assert decoded == []
    assert change.before == change.before == Song(id="a", revision=1, title="x")
    assert change.after == change.after == Song(id="a", revision=2, title="y")
    assert decoded == [BEFORE, AFTER]


def test_a_side_that_is_not_there_is_none() -> None:
    added = Change(entry("added", None, AFTER), SONGS.decode)
    removed = Change(entry("removed", AFTER, None), SONGS.decode)
    assert added.before is None
    assert removed.after is None
    assert removed.before == added.after == Song(id="a", revision=2, title="y")
