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
from antiphon.observers import Metrics, exposition


@pytest.mark.parametrize(
    ("observation", "line"),
    [
        (
            Served("id", "GET", "/songs", "/songs", 200, 0.002, None),
            'antiphon_requests_total{method="GET",route="/songs",service="shop",status="200"} 1.0',
        ),
        (
            Served("id", "GET", "/songs", "/songs", 200, 0.002, None),
            'antiphon_request_seconds_bucket{le="0.0025",route="/songs",service="shop"} 1.0',
        ),
        (Committed(7, 9, 12, 0.01), 'antiphon_commands_total{service="shop"} 7.0'),
        (Committed(7, 9, 12, 0.01), 'antiphon_commits_total{service="shop"} 1.0'),
        (Committed(7, 9, 12, 0.01), 'antiphon_commit_seconds_bucket{le="0.01",service="shop"} 1.0'),
        (StoreFailed(OSError()), 'antiphon_store_failures_total{service="shop"} 1.0'),
        (FollowerJoined(3), 'antiphon_followers{service="shop"} 3.0'),
        (FollowerLeft(2, "cut"), 'antiphon_followers{service="shop"} 2.0'),
        (FollowerLeft(2, "cut"), 'antiphon_followers_left_total{reason="cut",service="shop"} 1.0'),
        (Pruned(100, 101), 'antiphon_log_entries_pruned_total{service="shop"} 100.0'),
        (Failed("id", OSError()), 'antiphon_position{service="shop"} 42.0'),
    ],
)
def test_what_is_observed_is_counted(observation: Observation, line: str) -> None:
    metrics = Metrics(lambda: 42)
    metrics.observe(observation)
    assert line in exposition({"shop": metrics}).decode().splitlines()


def test_several_services_are_exposed_as_one() -> None:
    shop, stock = Metrics(lambda: 1), Metrics(lambda: 2)
    shop.observe(Served("id", "GET", "/things", "/things", 200, 0.002, None))
    lines = exposition({"shop": shop, "stock": stock}).decode().splitlines()
    assert 'antiphon_position{service="shop"} 1.0' in lines
    assert lines[lines.index('antiphon_position{service="shop"} 1.0') + 1] == (
        'antiphon_position{service="stock"} 2.0'
    )
    heads = [line for line in lines if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))  # all samples of a metric under one head, as the format wants
