"""One change to 1,000 and to 5,000 followers, with filter, policy and positions, beside peers and limits."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench import releases, tables
from bench.comparison import Comparison, Run
from bench.followers import Delivery, Followed, Followers
from bench.peers.following import FEATHERS, GLUE, HUB, LOOP, NCHAN, WS, Peer, antiphon
from bench.sides import Sides
from bench.songs import GENRES
from bench.trial import Trial, database

SIZES = {1000: 100, 5000: 30}
"""Followers, and how many changes they are told in a run."""
REACH = {HUB: 0.75, LOOP: 0.5, NCHAN: 1.1, WS: 1.3, FEATHERS: 3, GLUE: 3}


def compare(trial: Trial) -> Iterator[Comparison]:
    """Changes one after the other, the next when all have the last; all servers keep their followers."""
    for followers, changes in SIZES.items():
        folder, records = releases.fill(trial)
        with ExitStack() as stack:

            def told(followed: Followed, followers: int = followers, stack: ExitStack = stack) -> Followers:
                stack.enter_context(followed)
                return stack.enter_context(Followers(followed, followers, trial.folder))

            ours = Deliveries(told(antiphon(trial, folder)), followers, trial.few(changes))
            sides = Sides(f"one change to {followers:,} followers", "deliveries/s", "rate", ours)
            rows = []
            for peer, reach in REACH.items():

                def start(peer: Peer = peer, records: Path = records) -> Run:
                    return Deliveries(told(peer.start(trial, records)), followers, trial.few(changes))  # noqa: B023 - called at once

                rows.append(sides.beside(peer.name, reach, start))
            found = list(sides.alternate(trial.rounds))
        tables.check_log(database(folder), {"releases": releases.EACH * len(GENRES) + ours.made})
        rows[0].notes.append(ours.said)
        yield from found


class Deliveries:
    """A run: `changes` changes, numbered on from run to run; deliveries a second of the median change."""

    def __init__(self, told: Followers, count: int, changes: int) -> None:
        self._told, self._count, self._changes = told, count, changes
        self._seen: list[Delivery] = []

    def __call__(self) -> float:
        for _ in range(self._changes):
            self._seen.append(self._told.change(self.made + 1))
        return self._count / (median(each.last for each in self._seen[-self._changes :]) / 1e6)

    @property
    def made(self) -> int:
        """How many changes there were."""
        return len(self._seen)

    @property
    def said(self) -> str:
        """How long they took."""
        first, last = (median(getattr(each, name) for each in self._seen) for name in ("first", "last"))
        return f"from POST to the first follower {first:,.0f} µs (durable by then), to the last {last:,.0f}"
