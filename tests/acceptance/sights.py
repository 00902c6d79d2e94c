"""Who may see what of the application in `private.py`: said again in plain Python, and worked out by hand.

Nothing here uses what the toolkit makes of policies. A history of changes is replayed, and for each caller it
is worked out what it sees at each position, what it is told, and which secrets it may ever come to know.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

Record = dict[str, Any]
State = dict[str, Record]
"""Records by id."""
SECRET = re.compile(r"cnry\d{5}z|idq\d{5}z")
"""A text that is nowhere else: each text of each version of each record holds one, and each id is one."""
_CURSOR = re.compile(r"after=([\w-]+)")


class Who(NamedTuple):
    """One who asks. `groups` are those its token names."""

    id: str | None
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        return self.id is not None


class Entry(NamedTuple):
    """One change, as it happened."""

    number: int
    path: str
    id: str
    before: Record | None
    after: Record | None


May = Callable[[Who, Record], bool]


class Rule(NamedTuple):
    """What may be done with one resource. `closed` tells who may not even ask for the collection."""

    read: May
    create: May
    update: May
    delete: May
    hidden: tuple[str, ...] = ()
    yours: str = ""
    """The field that holds who made a record."""
    closed: Callable[[Who], bool] = lambda who: False
    actions: dict[str, May] = {}  # noqa: RUF012 - a tuple's default

    def shown(self, record: Record) -> Record:
        return {name: value for name, value in record.items() if name not in self.hidden}


def always(who: Who, record: Record) -> bool:
    return True


def never(who: Who, record: Record) -> bool:
    return False


def known(who: Who, record: Record) -> bool:
    return who.known


def clerk(who: Who, record: Record) -> bool:
    return "clerk" in who.roles


def owns(name: str) -> May:
    return lambda who, record: who.known and record[name] == who.id


def belongs(name: str) -> May:
    return lambda who, record: record[name] in who.groups


def in_hall(who: Who, record: Record) -> bool:
    return "hall" in who.groups


def sees_post(who: Who, post: Record) -> bool:
    if post["author"] == who.id or post["audience"] is None or post["audience"] in who.groups:
        return True
    return "hall" in who.groups and "clerk" in who.roles


RULES = {
    "/opens": Rule(always, always, always, always, ("secret",)),
    "/diaries": Rule(
        owns("owner"),
        known,
        owns("owner"),
        owns("owner"),
        ("secret",),
        "owner",
        lambda who: not who.known,
        {"stamp": owns("owner")},
    ),
    "/notices": Rule(clerk, clerk, clerk, never, ("secret",), closed=lambda who: "clerk" not in who.roles),
    "/memos": Rule(
        belongs("team"),
        belongs("team"),
        belongs("team"),
        lambda who, memo: memo["team"] in who.groups and "clerk" in who.roles,
    ),
    "/halls": Rule(in_hall, in_hall, in_hall, in_hall, closed=lambda who: "hall" not in who.groups),
    "/posts": Rule(
        sees_post,
        known,
        owns("author"),
        lambda who, post: (who.known and post["author"] == who.id) or "clerk" in who.roles,
        ("secret",),
        "author",
    ),
    "/photos": Rule(
        lambda who, photo: photo["public"] or (who.known and photo["owner"] == who.id),
        known,
        owns("owner"),
        owns("owner"),
        yours="owner",
        actions={"praise": lambda who, photo: bool(photo["public"])},
    ),
    "/boxes": Rule(never, always, never, never, closed=lambda who: True),
    "/letters": Rule(
        always,
        known,
        lambda who, letter: (who.known and letter["author"] == who.id) or "clerk" in who.roles,
        never,
        ("author", "marked", "seal"),
        "author",
        actions={
            "whole": lambda who, letter: (who.known and letter["author"] == who.id) or "clerk" in who.roles
        },
    ),
    "/remarks": Rule(known, known, owns("author"), never, yours="author", closed=lambda who: not who.known),
    "/vaults": Rule(never, never, never, never, closed=lambda who: True),
    "/follows": Rule(
        owns("follower"), known, never, owns("follower"), yours="follower", closed=lambda who: not who.known
    ),
    "/revocations": Rule(
        never, lambda who, record: "service" in who.roles, never, never, closed=lambda who: True
    ),
}

REFERENCES = {"/remarks": {"photo": "/photos", "diary": "/diaries"}}


class Group(NamedTuple):
    """What a stream tells of one change: each as (kind, record), in no order."""

    number: int
    told: frozenset[str]


class Sights:
    """A history, and what each caller may know of it."""

    def __init__(self, history: Iterable[Entry]) -> None:
        self.history = list(history)
        self.states: list[dict[str, State]] = [{path: {} for path in RULES}]
        for entry in self.history:
            state = {path: dict(records) for path, records in self.states[-1].items()}
            if entry.after is None:
                del state[entry.path][entry.id]
            else:
                state[entry.path][entry.id] = entry.after
            self.states.append(state)

    @property
    def head(self) -> int:
        return len(self.history)

    def at(self, who: Who, number: int) -> Who:
        """The caller with the groups that it has at a position."""
        follows = self.states[number]["/follows"].values()
        joined = {each["subject"] for each in follows if who.known and each["follower"] == who.id}
        return who._replace(groups=who.groups | joined)

    def seen(self, who: Who, path: str, number: int = -1) -> State:
        """What the caller sees of a resource at a position, whole."""
        at = number % len(self.states)
        asking = self.at(who, at)
        read = RULES[path].read
        return {id: record for id, record in self.states[at][path].items() if read(asking, record)}

    def page(self, who: Who, path: str, number: int = -1) -> list[Record]:
        """The same as it is shown, by id."""
        found = self.seen(who, path, number)
        return [RULES[path].shown(found[id]) for id in sorted(found)]

    def window(self, who: Who, path: str, size: int, number: int = -1) -> list[Record]:
        """Its first by text, as they are shown."""
        shown = self.page(who, path, number)
        return sorted(shown, key=lambda record: (record["text"], record["id"]))[:size]

    def stream(self, who: Who, path: str, start: int, size: int | None = None) -> list[Group]:
        """What a stream tells after a position, of all records or of the first `size` by text."""
        found = []
        for before, number in pairwise(range(start, len(self.states))):
            one, other = (
                {
                    each["id"]: each
                    for each in (
                        self.page(who, path, at) if size is None else self.window(who, path, size, at)
                    )
                }
                for at in (before, number)
            )
            told = {text("removed", {"id": id, "revision": number}) for id in one if id not in other}
            told |= {text("added", record) for id, record in other.items() if id not in one}
            told |= {text("changed", other[id]) for id in one if id in other and one[id] != other[id]}
            if told:
                found.append(Group(number, frozenset(told)))
        return found

    def events(self, who: Who, start: int = 0) -> list[tuple[int, str, str, Record | None, Record | None]]:
        """What the log tells after a position: (number, kind, subject, before, after)."""
        found = []
        for entry in self.history[start:]:
            asking, rule = self.at(who, entry.number - 1), RULES[entry.path]
            before, after = (
                rule.shown(record) if record is not None and rule.read(asking, record) else None
                for record in (entry.before, entry.after)
            )
            if before is None and after is None:
                continue
            kind = "added" if before is None else "removed" if after is None else "changed"
            found.append((entry.number, kind, f"{entry.path}/{entry.id}", before, after))
        return found

    def knows(self, who: Who) -> set[str]:
        """The secrets in all that was ever in the caller's sight."""
        found: set[str] = set()
        for path, rule in RULES.items():
            for number in range(len(self.states)):
                for record in self.seen(who, path, number).values():
                    found |= secrets(json.dumps(rule.shown(record)))
        return found | self.knows_by_events(who)

    def knows_by_events(self, who: Who) -> set[str]:
        """Those in what the log tells."""
        return secrets(json.dumps(self.events(who)))


def text(kind: str, record: Record) -> str:
    """One thing told, as text that can be compared."""
    return f"{kind} {json.dumps(record, sort_keys=True)}"


def secrets(said: str) -> set[str]:
    """Those in a text, and in the cursors within it."""
    return {found for each in (said, *_within(said)) for found in SECRET.findall(each)}


def _within(said: str) -> Iterator[str]:
    for cursor in _CURSOR.findall(said):
        yield urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
