"""Writes, reads and 1,000 followers at the same time, beside each of them alone."""

from collections.abc import Iterator
from statistics import median

import msgspec

from bench import crowd, load, releases, tables
from bench.comparison import Comparison, require
from bench.crowd import Group, Seen
from bench.followers import Followed
from bench.load import Load
from bench.peers.following import antiphon
from bench.songs import GENRES
from bench.trial import Trial, database

FOLLOWERS, READERS, WRITERS, CONNECTIONS = 1000, 64, 16, 4
INTERVAL = 50_000
"""Microseconds between the changes that the followers are told."""
Loads = tuple[Load, Load, Load]
"""Of reads, writes, and deliveries to followers."""


def compare(trial: Trial) -> Iterator[Comparison]:
    """64 connections read a cached page, 16 write what nobody follows, and 20 changes a second are followed.

    Readers and writers ask again as soon as they are answered: together they take all that the server has.
    """
    folder, _ = releases.fill(trial)
    with antiphon(trial, folder) as followed:
        parts = Parts(trial, followed, releases.editor(folder))
        alone: list[Loads] = []
        together: list[Loads] = []
        for _ in range(trial.rounds + 1):
            alone.append(parts.alone())
            together.append(parts.together())
    made = releases.EACH * len(GENRES) + parts.changed
    tables.check_log(database(folder), {"releases": made, "plays": parts.written})
    for place, name in enumerate(("reads", "writes", "changes to followers")):
        row = Comparison(
            f"p99 of {name} while others read, write and follow", "the same alone", "ms", "time", 5
        )
        row.ours, row.theirs = (
            [loads[place].p99 / 1000 for loads in runs[1:]] for runs in (together, alone)
        )  # the first is to warm up
        rates = [median(loads[place].rate for loads in runs[1:]) for runs in (together, alone)]
        row.notes.append(f"{rates[0]:,.0f} a second, alone {rates[1]:,.0f}")
        yield row


class Parts:
    """Reads, writes and changes to followers: each alone, or all together."""

    def __init__(self, trial: Trial, followed: Followed, editor: str) -> None:
        self.changed = self.written = 0
        self._folder, self._followed = trial.fresh("sharing"), followed
        self._changes, self._reads, self._writes = trial.few(100), trial.size(20_000), trial.size(5000)
        page = "/releases?genre=Rock&limit=50"
        body = followed.server.get(page)
        require(len(msgspec.json.decode(body)["items"]) == releases.EACH, "the page is not full")
        self._reading = load.write([load.get(page, body)], self._folder / "reading")
        writes = (load.post("/plays", play(number), editor) for number in range(self._writes))
        self._writing = load.write(writes, self._folder / "writing")
        changes = (followed.change(number) for number in range(self._changes))
        self._told = Group(
            load.write(changes, self._folder / "changing"), CONNECTIONS, self._changes, INTERVAL
        )

    def alone(self) -> Loads:
        """One after the other."""
        reads = self._run([Group(self._reading, READERS, self._reads)], 0, 0).groups[0]
        writes = self._run([Group(self._writing, WRITERS, self._writes)], 0, 0).groups[0]
        deliveries = self._run([self._told], FOLLOWERS, self._changes).deliveries
        self.written += writes.answers
        self.changed += self._changes
        return reads, writes, deliveries

    def together(self) -> Loads:
        """All at once, until the last change is told."""
        groups = [self._told, Group(self._reading, READERS), Group(self._writing, WRITERS)]
        seen = self._run(groups, FOLLOWERS, self._changes)
        _, reads, writes = seen.groups
        self.written += writes.answers
        self.changed += self._changes
        return reads, writes, seen.deliveries

    def _run(self, groups: list[Group], followers: int, changes: int) -> Seen:
        return crowd.run(self._followed, followers, changes, groups, self._folder)


def play(number: int) -> bytes:
    """A play, as it is posted."""
    return msgspec.json.encode(
        {"song": f"song {number}", "artist": "Nobody", "listener": "somebody", "seconds": 180.0}
    )
