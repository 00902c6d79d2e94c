"""Changes by 16 writers at once to 1,000 followers, beside hubs that send each change alone."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from bench import crowd, load, releases, tables
from bench.comparison import Comparison, Run, require
from bench.crowd import Group
from bench.followers import Followed
from bench.peers.following import HUB, NCHAN, Peer, antiphon
from bench.sides import Sides
from bench.trial import Trial, database

FOLLOWERS = 1000
WRITERS = 16
REACH = {HUB: 3, NCHAN: 5}


def compare(trial: Trial) -> Iterator[Comparison]:
    """Each writer makes the next change when its last is answered; all is counted until everyone has all."""
    folder, records = releases.fill(trial)
    with ExitStack() as stack:

        def told(followed: Followed, changes: int, name: str) -> Writers:
            return Writers(trial, stack.enter_context(followed), changes, name)

        ours = told(antiphon(trial, folder), trial.few(1500), "antiphon")

        def checked() -> float:
            rate = ours()
            check(database(folder), ours.order)
            return rate

        work = f"changes by {WRITERS} writers at once to {FOLLOWERS:,} followers"
        sides = Sides(work, "deliveries/s", "rate", checked)

        def start(peer: Peer) -> Run:
            return told(peer.start(trial, records), trial.few(200), peer.name)

        for peer, reach in REACH.items():
            sides.beside(peer.name, reach, partial(start, peer))
        yield from sides.alternate(trial.rounds)


class Writers:
    """A run: `changes` changes by all writers; deliveries a second. `order` has what was told last."""

    def __init__(self, trial: Trial, followed: Followed, changes: int, name: str) -> None:
        self._folder = trial.fresh("writers")
        self._followed, self._changes = followed, changes
        self._exchanges = load.write((followed.change(n) for n in range(changes)), self._folder / name)
        self.order: list[int] = []

    def __call__(self) -> float:
        group = Group(self._exchanges, WRITERS, self._changes)
        seen = crowd.run(self._followed, FOLLOWERS, self._changes, [group], self._folder)
        self.order = seen.order
        return seen.deliveries.rate


def check(path: Path, order: list[int]) -> None:
    """Hold what all followers were told to the end of the log; raises WrongAnswer."""
    newest = f"SELECT after FROM antiphon_log ORDER BY position DESC LIMIT {len(order)}"
    titles = [msgspec.json.decode(after)["title"] for (after,) in tables.rows(path, newest)]
    expected = [f"change {number:07}" for number in reversed(order)]
    require(titles == expected, "the changes were not told in the order of the log")
