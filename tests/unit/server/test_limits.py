import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.access.clocks import Clock

from antiphon import Caller, Settings
from antiphon.access import ANYONE
from antiphon.errors import TooManyRequests
from antiphon.server.limits import LIMITS, WINDOW, Limit, Limits


def asking(address: str = "192.0.2.1", path: str = "/songs") -> dict[str, Any]:
    return {"type": "http", "path": path, "client": (address, 1)}


def limits(clock: Clock, address: int = 0, caller: int = 0) -> Limits:
    return Limits(Settings(rate_per_address=address, rate_per_caller=caller), clock)


def test_a_minutes_worth_may_come_at_once_and_then_one_by_one() -> None:
    clock = Clock(100.0)
    limited = limits(clock, address=60)
    for _ in range(60):
        limited.count_address(asking())
    for _ in range(3):
        with pytest.raises(TooManyRequests) as caught:
            limited.count_address(asking())
        assert caught.value.headers == {"Retry-After": "1"}
    assert "60 requests" in caught.value.detail
    assert "rate_per_address" in caught.value.hint
    clock.now += 1
    limited.count_address(asking())
    with pytest.raises(TooManyRequests):
        limited.count_address(asking())
    clock.now += WINDOW
    for _ in range(60):
        limited.count_address(asking())


def test_what_is_left_is_told() -> None:
    clock = Clock(0.0)
    limited = limits(clock, address=3, caller=120)
    scope = asking()
    limited.count_address(scope)
    limited.count_caller(scope, Caller("ana"))
    assert scope[LIMITS] == [
        (b"ratelimit-policy", b'"address";q=3;w=60'),
        (b"ratelimit", b'"address";r=2;t=20'),
        (b"ratelimit-policy", b'"caller";q=120;w=60'),
        (b"ratelimit", b'"caller";r=119;t=1'),
    ]
    limited.count_address(asking())
    limited.count_address(asking())
    refused = asking()
    with pytest.raises(TooManyRequests) as caught:
        limited.count_address(refused)
    assert refused[LIMITS][1] == (b"ratelimit", b'"address";r=0;t=20')
    assert caught.value.headers["Retry-After"] == "20"


def test_one_does_not_use_up_what_is_anothers() -> None:
    limited = limits(Clock(), address=10, caller=10)
    for _ in range(10):
        limited.count_address(asking("192.0.2.1"))
        limited.count_caller(asking(), Caller("ana"))
    limited.count_address(asking("192.0.2.2"))
    limited.count_caller(asking(), Caller("ben"))
    with pytest.raises(TooManyRequests):
        limited.count_caller(asking("192.0.2.9"), Caller("ana"))


def test_a_customer_of_ipv6_has_one_address() -> None:
    limited = limits(Clock(), address=10)
    for place in range(10):
        limited.count_address(asking(f"2001:db8::{place}"))
    with pytest.raises(TooManyRequests):
        limited.count_address(asking("2001:db8::ffff"))
    limited.count_address(asking("2001:db8:0:1::1"))


def test_health_is_answered_however_busy_and_anyone_is_nobody() -> None:
    limited = limits(Clock(), address=1, caller=1)
    for _ in range(5):
        limited.count_address(asking(path="/health/live"))
        limited.count_caller(asking(), ANYONE)
        limited.count_address({"type": "http", "path": "/", "client": None})


def test_without_a_limit_nothing_is_said() -> None:
    limited = limits(Clock())
    scope = asking()
    for _ in range(100):
        limited.count_address(scope)
        limited.count_caller(scope, Caller("ana"))
    assert LIMITS not in scope


def test_what_is_kept_is_bounded_and_given_back() -> None:
    limit = Limit("address", 60, most=100)
    for place in range(1000):
        assert limit.count(str(place), 0.0)[0] == 59
    assert len(limit) == 100
    limit.count("late", 1000.0)
    assert len(limit) == 1


@given(
    st.integers(1, 200),
    st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=300),
)
def test_no_more_than_the_rate_gets_through(rate: int, pauses: list[float]) -> None:
    limit = Limit("caller", rate)
    now, passed = 1000.0, []
    for pause in pauses:
        now += pause
        remaining, seconds = limit.count("ana", now)
        if remaining >= 0:
            passed.append(now)
            assert remaining < rate
        else:
            assert 0 < seconds <= WINDOW / rate + 1e-6
            later = Limit("caller", rate)
            later._full = limit._full.copy()
            assert later.count("ana", now + seconds)[0] >= 0  # what it is told is true
    for place, start in enumerate(passed):
        for other in range(place, len(passed)):
            elapsed = passed[other] - start
            assert other - place + 1 <= rate + math.ceil(elapsed * rate / WINDOW + 1e-6)
