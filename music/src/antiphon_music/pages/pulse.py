"""Pulse: the logs of all services as they grow, told as stories: what somebody did, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from antiphon import Ask

from .asking import Record, by_id, titles
from .site import pages

SHOWN = 40
"""So many of the newest things that were done are told."""
LOOKED_AT = 200
"""So many of the newest changes that followed from them are looked at: a play makes 24 in the charts."""
LABELS = 3
"""So many things are named where many have changed alike."""
FOLLOWING = ("/tallies", "/top-songs", "/top-artists", "/top-albums", "/notifications", "/unread")
"""What nobody writes: it follows from what people do."""
DONE = (
    "/likes",
    "/follows",
    "/comments",
    "/plays",
    "/users",
    "/sessions",
    "/imports",
    "/songs",
    "/albums",
    "/artists",
    "/genres",
)
"""What people write."""
WHO = ("person", "follower", "author", "listener", "user")
VERBS: Mapping[str, tuple[str, str, str]] = {
    "/likes": ("liked", "changed a like of", "no longer likes"),
    "/follows": ("follows", "changed a follow of", "no longer follows"),
    "/comments": ("said something of", "said something else of", "took back a comment on"),
    "/plays": ("played", "changed a play of", "took back a play of"),
    "/users": ("signed up", "has another profile", "has left"),
    "/sessions": ("signed in", "is still here", "signed out"),
    "/imports": ("sent", "sent", "put away"),
}
KINDS = ("added", "changed", "removed")
ICONS = {
    "/likes": "heart",
    "/follows": "plus",
    "/comments": "talk",
    "/plays": "play",
    "/users": "person",
    "/sessions": "lock",
    "/imports": "import",
}


class Fold(Struct):
    """Changes of one service that came one after the other: how many, and the first few things by name."""

    service: str
    count: int
    subjects: list[str]


class Story(Struct):
    """What was done, if that is known, and the changes that came of it, oldest first."""

    id: str
    time: str
    change: Record | None = None
    effects: list[Record] = []

    @property
    def who(self) -> str | None:
        """The id of who did it."""
        if self.change is None:
            return None
        record = _record(self.change)
        if self.change["resource"] == "/users":
            return str(record["id"])
        found = next((record[name] for name in WHO if record.get(name)), self.change["caller"])
        return None if found is None else str(found)

    @property
    def verb(self) -> str:
        """What was done, for people."""
        if self.change is None:
            return ""
        place = KINDS.index(self.change["kind"])
        found = VERBS.get(self.change["resource"])
        return found[place] if found else f"was {self.change['kind']}"

    @property
    def thing(self) -> str | None:
        """The path of what it was done to."""
        if self.change is None or self.change["resource"] in ("/users", "/sessions"):
            return None
        record = _record(self.change)
        if "song_id" in record:
            return f"/songs/{record['song_id']}"
        return str(record.get("subject") or self.change["subject"])

    @property
    def icon(self) -> str:
        """What pictures it."""
        return "pulse" if self.change is None else ICONS.get(self.change["resource"], "note")

    def folds(self) -> Iterator[Fold]:
        """The effects, those of one service that follow each other as one."""
        fold: Fold | None = None
        for each in self.effects:
            if fold is None or fold.service != each["service"]:
                if fold is not None:
                    yield fold
                fold = Fold(each["service"], 0, [])
            fold.count += 1
            if (subject := subject_of(each)) not in fold.subjects and len(fold.subjects) <= LABELS:
                fold.subjects.append(subject)
        if fold is not None:
            yield fold


def stories(changes: Iterable[Record]) -> list[Story]:
    """Changes, newest first, as stories, that with the newest first.

    Of what came of others' doings a caller is not told why: such changes are gathered where they stand.
    """
    found: dict[str, Story] = {}
    loose: Story | None = None
    for each in changes:
        causes = [cause.rpartition("/")[2] for cause in (each["cause"] or "").split()]
        if not causes and each["resource"] in FOLLOWING:
            if loose is None:
                loose = found[each["id"]] = Story(each["id"], each["time"])
            loose.effects.insert(0, each)
            continue
        root = causes[-1] if causes else each["id"]
        if root not in found:
            loose = None
        story = found.setdefault(root, Story(root, each["time"]))
        if causes:
            story.effects.insert(0, each)
        else:
            story.change, story.time = each, each["time"]
    return list(found.values())


def subject_of(change: Record) -> str:
    """The path of what a change is about, or, where it says that itself, what it is called."""
    record = _record(change)
    for name in ("title", "album", "artist", "text", "name"):
        if record.get(name):
            return str(record[name])[:80]
    return str(record.get("subject") or change["resource"][1:])


@pages.view("/pulse", template="pulse.html")
async def pulse(ask: Ask) -> dict[str, Any]:
    """The newest changes that the caller may see, of all services."""
    done = await ask.changes(SHOWN, paths=DONE)
    followed = await ask.changes(LOOKED_AT, paths=FOLLOWING)
    told = stories(sorted((*done, *followed), key=lambda each: str(each["time"]), reverse=True))
    things = [each.thing for each in told if each.thing]
    things += [subject for each in told for fold in each.folds() for subject in fold.subjects]
    return {
        "stories": told,
        "people": await by_id(ask, "/users", (each.who for each in told)),
        "titles": await titles(ask, (each for each in things if each.startswith("/"))),
        "most": LABELS,
    }


def _record(change: Record) -> Record:
    found: Record = change["after"] or change["before"] or {}
    return found
