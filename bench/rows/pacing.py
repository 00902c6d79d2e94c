"""How soon 1,000 followers have each of 20 changes a second, beside a C hub that keeps nothing."""

from collections.abc import Callable, Iterator
from statistics import median

from bench import crowd, load, releases
from bench.comparison import Comparison
from bench.crowd import Group, Seen
from bench.followers import Followed
from bench.peers.following import HUB, antiphon
from bench.trial import Trial

FOLLOWERS = 1000
CONNECTIONS = 4
INTERVAL = 50_000
"""Microseconds from change to change."""


def compare(trial: Trial) -> Iterator[Comparison]:
    """From sending a change, not from its commit: what makes it durable counts too, which the hub has not."""
    folder, records = releases.fill(trial)
    row = Comparison(
        f"20 changes a second to {FOLLOWERS:,} followers, p99 from sending one",
        HUB.name,
        "ms",
        "time",
        2,
    )
    with antiphon(trial, folder) as ours, HUB.start(trial, records) as theirs:
        seen: list[Seen] = []
        own, other = paced(trial, ours, seen), paced(trial, theirs, [])
        row.alternate(own, other, trial.rounds)
    p50 = median(each.deliveries.p50 for each in seen) / 1000
    answered = median(each.groups[0].p50 for each in seen) / 1000
    row.notes.append(
        f"half have it within {p50:.1f} ms; half of the writers have their answer in {answered:.1f}"
    )
    yield row


def paced(trial: Trial, followed: Followed, seen: list[Seen]) -> Callable[[], float]:
    """A run: the p99 in milliseconds. What was seen is kept in `seen`."""
    changes, folder = trial.few(100), trial.fresh("paced")
    exchanges = load.write((followed.change(n) for n in range(changes)), folder / "changes")

    def run() -> float:
        group = Group(exchanges, CONNECTIONS, changes, INTERVAL)
        seen.append(crowd.run(followed, FOLLOWERS, changes, [group], folder))
        return seen[-1].deliveries.p99 / 1000

    return run
