"""Metrics, as Prometheus reads them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest

from antiphon.observations import (
    Committed,
    FollowerJoined,
    FollowerLeft,
    Observation,
    Pruned,
    ReactionFailed,
    Served,
    StoreFailed,
)
from antiphon.observers.requests import BUCKETS, Requests
from antiphon.operations.react import Figures

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts observations of one service.

    `position` tells the newest number when asked, `reactions` how each is doing.
    """

    def __init__(
        self, position: Callable[[], int], reactions: Callable[[], list[Figures]] = lambda: []
    ) -> None:
        self._registry = CollectorRegistry()
        name: Any = {"registry": self._registry, "namespace": "antiphon"}
        self._requests = Requests()
        self._commits = Counter("commits", "Group commits.", **name)
        self._commands = Counter("commands", "Commands committed.", **name)
        self._commit_seconds = Histogram("commit_seconds", "Time of a group commit.", buckets=BUCKETS, **name)
        self._failures = Counter("store_failures", "Batches that could not be committed.", **name)
        self._followers = Gauge("followers", "Followers that are live.", **name)
        self._left = Counter("followers_left", "Followers that ended, by reason.", ["reason"], **name)
        self._pruned = Counter("log_entries_pruned", "Log entries that retention removed.", **name)
        self._reactions = reactions
        of: Any = ["reaction", "source"]
        self._reaction_gauges = {
            "running": Gauge("reaction_running", "1 while it goes on; 0: held by its source.", of, **name),
            "position": Gauge("reaction_position", "The number it has come to.", of, **name),
            "lag": Gauge("reaction_lag_events", "Log entries it is behind its source.", of, **name),
            "lag_seconds": Gauge("reaction_lag_seconds", "Age of the oldest change it knows of.", of, **name),
            "parked": Gauge("reaction_parked", "Changes it has given up.", of, **name),
            "waiting": Gauge("reaction_waiting", "Changes to be tried again, or behind one.", of, **name),
        }
        self._reaction_failures = Counter("reaction_failures", "Tries that failed.", ["reaction"], **name)
        Gauge("position", "The newest position's number.", **name).set_function(position)

    def observe(self, observation: Observation) -> None:
        """Count."""
        match observation:
            case Served():
                self._requests.count(observation)
            case Committed(commands=commands, seconds=seconds):
                self._commits.inc()
                self._commands.inc(commands)
                self._commit_seconds.observe(seconds)
            case StoreFailed():
                self._failures.inc()
            case FollowerJoined(followers=followers):
                self._followers.set(followers)
            case FollowerLeft(followers=followers, reason=reason):
                self._followers.set(followers)
                self._left.labels(reason).inc()
            case ReactionFailed(reaction=reaction):
                self._reaction_failures.labels(reaction).inc()
            case Pruned(entries=entries):
                self._pruned.inc(entries)
            case _:
                pass

    def collect(self) -> Iterable[Metric]:
        """Each metric as it stands."""
        for figures in self._reactions():
            for field, gauge in self._reaction_gauges.items():
                gauge.labels(figures.name, figures.source).set(getattr(figures, field))
        return [*self._requests.collect(), *self._registry.collect()]


class Family(Struct, frozen=True):
    """A metric on its way from one process to another; of each sample its name, its labels and its value."""

    name: str
    documentation: str
    type: str
    unit: str
    samples: list[tuple[str, dict[str, str], float]]


Told: TypeAlias = dict[str, list[Family]]
"""The metrics of services, by their names."""


def tell(services: Mapping[str, Metrics]) -> bytes:
    """The metrics of all services, for another worker to expose."""
    told: Told = {
        service: [
            Family(
                each.name,
                each.documentation,
                each.type,
                each.unit,
                [(name, labels, value) for name, labels, value, *_ in each.samples],
            )
            for each in metrics.collect()
        ]
        for service, metrics in services.items()
    }
    return msgspec.json.encode(told)


def exposition(
    services: Mapping[str, Metrics], worker: int | None = None, others: Mapping[int, bytes] | None = None
) -> bytes:
    """The metrics of all services in the text format, each sample with the label `service`.

    Where there are several workers, also with the label `worker`: sums over them are for who asks to make,
    since one that is begun anew counts anew. `others` is what the others tell of theirs.
    """
    mine = {} if worker is None else {"worker": str(worker)}
    parts: list[Part] = [
        ({"service": service, **mine}, metrics.collect()) for service, metrics in services.items()
    ]
    for place, told in (others or {}).items():
        for service, families in msgspec.json.decode(told, type=Told).items():
            if service in services:
                parts.append(({"service": service, "worker": str(place)}, map(_metric, families)))
    return generate_latest(_Labelled(parts))


Part: TypeAlias = tuple[dict[str, str], Iterable[Metric]]


def _metric(family: Family) -> Metric:
    metric = Metric(family.name, family.documentation, family.type, family.unit)
    for name, labels, value in family.samples:
        metric.add_sample(name, labels, value)
    return metric


class _Labelled(CollectorRegistry):
    """The metrics of several services as one: the format wants all samples of a metric in one place."""

    def __init__(self, parts: Iterable[Part]) -> None:
        super().__init__()
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        found: dict[str, Metric] = {}
        for labels, metrics in self._parts:
            for metric in metrics:
                first = found.setdefault(
                    metric.name, Metric(metric.name, metric.documentation, metric.type, metric.unit)
                )
                first.samples += [each._replace(labels={**labels, **each.labels}) for each in metric.samples]
        yield from found.values()
