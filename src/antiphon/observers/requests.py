"""Answers given: counted by route, method and status, and how long each took, by route."""

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.utils import floatToGoString

from antiphon.observations import Served

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds: the upper bounds of a histogram's buckets; the last has none."""
_BOUNDS = (*map(floatToGoString, BUCKETS), "+Inf")


class Requests:
    """Counts on the event loop alone. The counters of a registry take a lock each, and a tenth of the time in
    which a request that is known again is answered."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, int], int] = {}
        self._times: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def count(self, served: Served) -> None:
        """Count one."""
        route = served.route
        key = route, served.method, served.status
        try:
            self._answers[key] += 1
        except KeyError:
            self._answers[key] = 1
            self._times.setdefault(route, [0] * len(_BOUNDS))
            self._seconds.setdefault(route, 0.0)
        self._times[route][bisect_left(BUCKETS, served.seconds)] += 1
        self._seconds[route] += served.seconds

    def collect(self) -> Iterator[Metric]:
        """What was counted."""
        counter = CounterMetricFamily(
            "antiphon_requests",
            "Answers given, by route, method and status.",
            labels=["route", "method", "status"],
        )
        for (route, method, status), count in self._answers.items():
            counter.add_metric([route, method, str(status)], count)
        yield counter
        histogram = HistogramMetricFamily(
            "antiphon_request_seconds", "Time to an answer, by route.", labels=["route"]
        )
        for route, times in self._times.items():
            total, buckets = 0, []
            for bound, count in zip(_BOUNDS, times, strict=True):
                total += count
                buckets.append((bound, float(total)))
            histogram.add_metric([route], buckets, self._seconds[route])
        yield histogram
