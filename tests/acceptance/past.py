"""A past for the application in `private.py`: records come, change hands, change sight, and go."""

import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.acceptance import private
from tests.acceptance.private import Follow, Memo, Post
from tests.acceptance.sights import Entry

from antiphon import Resource, Settings, Transaction
from antiphon.observations import Observers
from antiphon.resources import declare
from antiphon.store import open_store

PEOPLE = ("olga", "stan", "mia")
GROUPS = (None, "red", "blue", "hall")
OFTEN: tuple[type[Resource], ...] = (*private.RESOURCES, Follow, Follow, Post, Memo)
"""Memberships turn often, and what hangs on them has more to turn."""
_count = itertools.count(1)


def secret() -> str:
    """A text that is nowhere else; what comes before it mixes up the order by text."""
    number = next(_count)
    return f"{'hqbxa'[number % 5]} cnry{number:05d}z"


def new_id() -> str:
    """The same, as an id."""
    return f"idq{next(_count):05d}z"


def made(resource: type[Resource], chosen: random.Random, **given: Any) -> Resource:
    """A new record, with a secret in each of its texts."""
    values: dict[str, Any] = {"text": secret()}
    if "secret" in declare(resource).by_name:
        values["secret"] = secret()
    match resource.__name__:
        case "Diary" | "Photo":
            values["owner"] = chosen.choice(PEOPLE)
        case "Post" | "Letter" | "Remark":
            values["author"] = chosen.choice(PEOPLE)
        case "Follow":
            values |= {
                "follower": chosen.choice(("mia", "cleo", "stan")),
                "subject": chosen.choice(GROUPS[1:]),
            }
    match resource.__name__:
        case "Memo":
            values["team"] = chosen.choice(GROUPS)
        case "Post":
            values["audience"] = chosen.choice(GROUPS)
        case "Photo":
            values |= {"public": chosen.random() < 0.5, "licence": secret(), "code": secret()}
        case "Letter":
            values |= {"marked": chosen.random() < 0.5, "seal": secret(), "place": secret(), "name": secret()}
        case "Box":
            values["sender"] = secret()
        case "Remark":
            values["code"] = secret()
    return resource(**{"id": new_id(), **values, **given})


def step(tx: Transaction, chosen: random.Random, resource: type[Resource]) -> None:
    """One thing happens to a resource: mostly to a record that is there."""
    there = tx.select(resource)
    what = chosen.random()
    if len(there) < 3 or what < 0.25:
        tx.create(made(resource, chosen))
    elif what < 0.4:
        tx.delete(chosen.choice(there))
    else:
        record = chosen.choice(there)
        fresh = made(resource, chosen, id=record.id)
        if what < 0.7:  # what it says; else whose it is, and who may see it, too
            tx.update(record, text=fresh.text)  # type: ignore[attr-defined]
        else:
            tx.put(fresh)


class Past:
    """The application's data in `folder`, written by its own code."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chosen = random.Random(seed)

    def go_on(self, steps: int, each: Callable[[], None] = lambda: None) -> None:
        """Let so many things happen; one transaction holds one to four of them."""
        with private.app.connect(self.folder) as connection:
            while steps > 0:
                size = min(steps, self.chosen.randint(1, 4))
                connection.write(lambda tx: self._steps(tx, size))  # noqa: B023 - it runs at once
                steps -= size
                each()

    def _steps(self, tx: Transaction, size: int) -> None:
        for _ in range(size):
            step(tx, self.chosen, self.chosen.choice(OFTEN))


def history_of(folder: Path) -> list[Entry]:
    """All that happened, from the log itself."""
    store = open_store(folder, "private", private.app.declarations, Settings(), Observers())
    try:
        with store.snapshot() as snapshot:
            changes = snapshot.changes(0, 1_000_000)
    finally:
        store.close()
    return [
        Entry(each.number, each.resource, each.id, _record(each.before_json), _record(each.after_json))
        for each in changes
    ]


def _record(stored: bytes | None) -> dict[str, Any] | None:
    return None if stored is None else json.loads(stored)
