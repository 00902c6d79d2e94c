import pytest

from antiphon.observations import (
    Committed,
    Failed,
    FollowerJoined,
    FollowerLeft,
    Observation,
    Pruned,
    Served,
    StoreFailed,
)
from antiphon.observers import Metrics


@pytest.mark.parametrize(
    ("observation", "line"),
    [
        (
            Served("id", "GET", "/songs", "/songs", 200, 0.002, None),
            'antiphon_requests_total{method="GET",route="/songs",status="200"} 1.0',
        ),
        (
            Served("id", "GET", "/songs", "/songs", 200, 0.002, None),
            'antiphon_request_seconds_bucket{le="0.0025",route="/songs"} 1.0',
        ),
        (Committed(7, 9, 12, 0.01), "antiphon_commands_total 7.0"),
        (Committed(7, 9, 12, 0.01), "antiphon_commits_total 1.0"),
        (Committed(7, 9, 12, 0.01), 'antiphon_commit_seconds_bucket{le="0.01"} 1.0'),
        (StoreFailed(OSError()), "antiphon_store_failures_total 1.0"),
        (FollowerJoined(3), "antiphon_followers 3.0"),
        (FollowerLeft(2, "cut"), "antiphon_followers 2.0"),
        (FollowerLeft(2, "cut"), 'antiphon_followers_left_total{reason="cut"} 1.0'),
        (Pruned(100, 101), "antiphon_log_entries_pruned_total 100.0"),
        (Failed("id", OSError()), "antiphon_position 42.0"),
    ],
)
def test_what_is_observed_is_counted(observation: Observation, line: str) -> None:
    metrics = Metrics(lambda: 42)
    metrics.observe(observation)
    assert line in metrics.text().decode().splitlines()
