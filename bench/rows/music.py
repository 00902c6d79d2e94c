"""A like, and how soon the author of what is liked is told, on a stream that is open."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles

import msgspec

from bench import load, tables
from bench.comparison import Comparison, require, undisturbed
from bench.music import Music
from bench.people import People, bearer, sign_up
from bench.server import on
from bench.streams import Streams
from bench.trial import Trial

CROWD = 1000
QUIET_SECONDS = 1.0
"""So long nothing may come once all likes have been told."""


class Made(msgspec.Struct):
    """What is looked at of the answer to a like."""

    id: str


class Notification(msgspec.Struct):
    """What is looked at of a notification."""

    kind: str
    subject: str
    latest: str
    count: int


@dataclass
class Latencies:
    """Milliseconds from a like to its event, run by run."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    likes: int = 0

    def add(self, found: list[float]) -> None:
        """One run's."""
        self.likes += len(found)
        self.p50.append(median(found))
        self.p99.append(quantiles(found, n=100, method="inclusive")[98])


def compare(trial: Trial) -> Iterator[Comparison]:
    """One like after the other, each of a comment that nobody has liked, told to one of the open streams."""
    people = sign_up(trial.fresh("people"), CROWD)
    for streams in (1, CROWD):
        together = measure(trial, people, streams, together=True)
        apart = measure(trial, people, streams, together=False)
        open_ = "1 open stream" if streams == 1 else f"{streams:,} open streams"
        for name in ("p50", "p99"):
            row = Comparison(
                f"from a like to its author's notification, {open_}, {name}",
                "the same as five processes",
                "ms",
                "time",
                None,
                getattr(together, name),
                getattr(apart, name),
            )
            row.notes.append(f"{together.likes:,} likes and {apart.likes:,}, each told once, to one person")
            yield row


def measure(trial: Trial, people: People, streams: int, *, together: bool) -> Latencies:
    """Of `rounds` runs, after one to warm up: it ends when what went before is learned everywhere."""
    likes = trial.size(500)
    total = likes * (trial.rounds + 1)
    people = people.copy(trial.fresh("liking"))
    owners = [number % streams for number in range(total)]
    comments = people.speak([people.users[owner] for owner in owners])
    tokens = people.tokens()
    follows = [load.get("/notifications?from=now", headers=stream_of(token)).request for token in tokens]
    numbers = count()
    found = Latencies()
    with Music(people.folder, together=together) as music, on(1):
        social, notifications = music.server_of("social"), music.server_of("notifications")
        with Streams(notifications, follows[:streams], social) as opened, undisturbed():
            for round_ in range(trial.rounds + 1):
                taken = []
                for _ in range(likes):
                    number = next(numbers)
                    liker = tokens[1 + number % (CROWD - 1)]
                    if liker is tokens[owners[number]]:
                        liker = tokens[0]
                    taken.append(like(opened, liker, comments[number], owners[number]))
                if round_:
                    found.add(taken)
            opened.listen(QUIET_SECONDS)
    check(people, total)
    return found


def like(opened: Streams, token: str, comment: str, owner: int) -> float:
    """Like a comment; the milliseconds until its author has been told of this like."""
    body = msgspec.json.encode({"subject": comment})
    told = opened.ask(load.post("/likes", body, bearer(token)).request, owner)
    made = msgspec.json.decode(told.answer, type=Made)
    notification = msgspec.json.decode(told.record, type=Notification)
    expected = Notification("like", comment, f"/likes/{made.id}", 1)
    said = f"{told.kind!r}: {notification}, not {expected}"
    require((told.kind, notification) == (b"added", expected), said)
    return told.microseconds / 1000


def check(people: People, total: int) -> None:
    """As many likes and notifications are there."""
    for service, table in (("social", "likes"), ("notifications", "notifications")):
        ((found,),) = tables.rows(people.folder / f"{service}.db", f"SELECT count(*) FROM {table}")
        require(found == total, f"{service} holds {found} {table}, not {total}")


def stream_of(token: str) -> str:
    """The headers with which somebody follows."""
    return f"Accept: text/event-stream\r\n{bearer(token)}"
