"""Changes of several logs as stories: what was done, and what came of it."""

from typing import Any

from antiphon_music.pages.pulse import LABELS, Fold, stories, subject_of

Record = dict[str, Any]


def change(number: int, subject: str, /, *causes: int, kind: str = "added", **record: Any) -> Record:
    resource = subject.rpartition("/")[0]
    service = {"/likes": "social", "/plays": "social", "/users": "identity", "/tallies": "social"}.get(
        resource
    )
    shown = {"id": subject.rpartition("/")[2], **record}
    return {
        "service": service or "charts",
        "id": f"log-{number}",
        "time": f"2026-01-01T00:00:{number:02}Z",
        "kind": kind,
        "resource": resource,
        "subject": subject,
        "caller": None,
        "cause": " ".join(f"social/log-{each}" for each in causes) or None,
        "before": shown if kind == "removed" else None,
        "after": None if kind == "removed" else shown,
    }


def test_what_came_of_an_act_stands_beneath_it() -> None:
    changes = [
        change(5, "/users/ana", name="Ana", kind="changed"),
        change(4, "/top-songs/b", 2, 1, title="Blue"),
        change(3, "/top-artists/a", 2, 1, artist="Trio"),
        change(2, "/tallies/t", 1, subject="/songs/s"),
        change(1, "/likes/l", person="ana", subject="/songs/s"),
    ]
    profile, like = stories(changes)
    assert (profile.verb, profile.who, profile.thing) == ("has another profile", "ana", None)
    assert (like.verb, like.who, like.thing) == ("liked", "ana", "/songs/s")
    assert list(like.folds()) == [
        Fold("social", 1, ["/songs/s"]),
        Fold("charts", 2, ["Trio", "Blue"]),
    ]


def test_what_has_no_known_cause_is_gathered_where_it_stands() -> None:
    changes = [
        change(6, "/top-songs/b", title="Red"),
        change(5, "/top-songs/b", title="Blue"),
        change(4, "/plays/p", listener="ana", song_id="s"),
        change(3, "/top-songs/b", title="Blue"),
    ]
    newest, play, oldest = stories(changes)
    assert newest.change is oldest.change is None
    assert [each["id"] for each in newest.effects] == ["log-5", "log-6"]
    assert (play.verb, play.thing, play.effects) == ("played", "/songs/s", [])
    assert [each["id"] for each in oldest.effects] == ["log-3"]


def test_effects_of_what_is_not_shown_are_one_story() -> None:
    (story,) = stories([change(9, "/top-songs/b", 2, title="Blue"), change(8, "/tallies/t", 2, subject="/x")])
    assert (story.id, story.change, len(story.effects)) == ("log-2", None, 2)


def test_of_many_effects_some_are_named() -> None:
    effects = [change(number, "/top-songs/b", 1, title=f"Song {number}") for number in range(50, 10, -1)]
    (story,) = stories(effects)
    (fold,) = story.folds()
    assert (fold.count, len(fold.subjects)) == (40, LABELS + 1)


def test_what_was_removed_is_told_by_what_it_was() -> None:
    gone = change(1, "/likes/l", kind="removed", person="ana", subject="/songs/s")
    (story,) = stories([gone])
    assert (story.verb, story.thing, subject_of(gone)) == ("no longer likes", "/songs/s", "/songs/s")
