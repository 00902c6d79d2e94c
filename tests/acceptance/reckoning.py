"""Reckoning: what all services have to say of a world in the end, by what was acknowledged alone."""

import re
from collections import Counter
from datetime import datetime
from typing import NamedTuple

from tests.acceptance.people import Record, World

NAMES_SHOWN = 3
LOOKED_AT = 20
MENTION = re.compile(r"@(\w+)")

Told = tuple[str, str, str]
"""Who is told, of what kind of thing, and about what."""


class Happening(NamedTuple):
    """One thing that somebody is told: when it was done, its path, and who did it."""

    time: datetime
    path: str
    actor: str


def chart(world: World, what: str, genre: str | None = None) -> list[tuple[str, str, int, int]]:
    """Names, ids, plays and ranks; of `what`: "song", "artist" or "album"."""
    plays: Counter[str] = Counter()
    for (_, song), number in world.plays.items():
        record = world.songs[song] | {"song_id": song}
        id = record.get(f"{what}_id")
        if id is not None and (genre is None or record.get("genre") == genre):
            plays[id] += number
    best = sorted((-number, _name(world, what, id), id) for id, number in plays.items())
    return [(name, id, -number, rank) for rank, (number, name, id) in enumerate(best, start=1)]


def _name(world: World, what: str, id: str) -> str:
    if what == "artist":
        return world.artists[id]
    title: str = (world.songs if what == "song" else world.albums)[id]["title"]
    return title


def told(world: World) -> dict[Told, list[Happening]]:
    """What each is to be told, newest first."""
    found: dict[Told, list[Happening]] = {}

    def tell(who: str | None, kind: str, subject: str, of: str, record: Record, actor: str) -> None:
        if who is not None and who != actor:
            happening = Happening(datetime.fromisoformat(record["at"]), of, world.people[actor]["name"])
            found.setdefault((who, kind, subject), []).append(happening)

    follows = {(each["follower"], each["subject"]) for each in world.follows.values()}
    for id, comment in world.comments.items():
        author, subject = comment["author"], comment["subject"]
        seen = [
            who
            for who in world.people
            if not world.people[author]["private"] or (who, f"/users/{author}") in follows
        ]
        named = [user for name in set(MENTION.findall(comment["text"])) if (user := world.id_of(name))]
        for user in named:
            if user in seen:
                tell(user, "mention", subject, f"/comments/{id}", comment, author)
        parent = world.comments.get(subject.removeprefix("/comments/"), {}).get("author")
        if parent in seen and parent not in named:
            tell(parent, "reply", subject, f"/comments/{id}", comment, author)
    for id, like in world.likes.items():
        liked = world.comments.get(like["subject"].removeprefix("/comments/"), {})
        tell(liked.get("author"), "like", like["subject"], f"/likes/{id}", like, like["person"])
    for id, follow in world.follows.items():
        who = follow["subject"].removeprefix("/users/")
        if who in world.people:
            tell(who, "follower", follow["subject"], f"/follows/{id}", follow, follow["follower"])
    return {key: sorted(happenings, reverse=True) for key, happenings in found.items()}


def released(world: World) -> Counter[Told]:
    """How many songs and albums each is to be told of."""
    return Counter(
        (follow["follower"], kind, follow["subject"])
        for follow in world.follows.values()
        for kind, artist, _ in world.released
        if follow["subject"] == f"/artists/{artist}"
    )


def actors(happenings: list[Happening]) -> list[str]:
    """The names that are shown of those who did it."""
    return list(dict.fromkeys(each.actor for each in happenings[:LOOKED_AT]))[:NAMES_SHOWN]
