import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.access.clocks import Clock

from antiphon import Slowdown
from antiphon.access import network_of
from antiphon.access.slowdown import FORGOTTEN_SECONDS
from antiphon.errors import TooManyRequests


def wait(slowdown: Slowdown, name: str, address: str = "192.0.2.1") -> int:
    """Try; 0 if that was let through, or the seconds that `Retry-After` names."""
    try:
        slowdown.attempt(name, address)
    except TooManyRequests as problem:
        return int(problem.headers["Retry-After"])
    return 0


def test_each_failure_makes_the_next_try_wait_longer() -> None:
    clock = Clock()
    slowdown = Slowdown(clock=clock)
    waits = []
    for _ in range(12):
        seconds = wait(slowdown, "ana")
        waits.append(seconds)
        clock.now += seconds
        if seconds:
            assert wait(slowdown, "ana") == 0
    assert waits[:4] == [0, 0, 0, 1]
    assert waits[3:] == sorted(waits[3:])
    assert waits[-1] == 60


def test_one_who_does_not_wait_gains_nothing_and_loses_nothing() -> None:
    clock = Clock()
    slowdown = Slowdown(clock=clock)
    for _ in range(5):
        clock.now += 60
        wait(slowdown, "ana")
    assert [wait(slowdown, "ana") for _ in range(100)] == [4] * 100
    clock.now += 4
    assert wait(slowdown, "ana") == 0


def test_tries_at_once_are_not_free() -> None:
    slowdown = Slowdown(clock=Clock())
    assert [wait(slowdown, "ana") for _ in range(10)][:4] == [0, 0, 0, 1]


def test_success_resets_the_name() -> None:
    slowdown = Slowdown(clock=Clock())
    for _ in range(100):
        assert wait(slowdown, "ana") == 0
        slowdown.succeeded("ana", "192.0.2.1")
    assert not slowdown._failures


def test_success_of_one_does_not_free_the_address_for_others() -> None:
    slowdown = Slowdown(free_address=10, clock=Clock())
    let_through = 0
    for place in range(50):  # an account of its own between the guesses
        let_through += wait(slowdown, f"victim-{place}") == 0
        if wait(slowdown, "mallory") == 0:
            slowdown.succeeded("mallory", "192.0.2.1")
    assert let_through == 10


def test_others_are_not_slowed() -> None:
    slowdown = Slowdown(clock=Clock())
    while wait(slowdown, "ana") == 0:
        pass
    assert wait(slowdown, "ben", "192.0.2.1") == 0
    assert wait(slowdown, "ben", "198.51.100.7") == 0
    assert wait(slowdown, "ana", "198.51.100.7") > 0


def test_an_address_that_tries_many_names_is_slowed() -> None:
    slowdown = Slowdown(free_address=30, clock=Clock())
    assert sum(wait(slowdown, f"user-{place}") == 0 for place in range(100)) == 30
    assert sum(wait(slowdown, f"user-{place}", f"2001:db8::{place}") == 0 for place in range(100)) == 30


def test_failures_are_forgotten_after_an_hour() -> None:
    clock = Clock()
    slowdown = Slowdown(clock=clock)
    while wait(slowdown, "ana") == 0:
        pass
    clock.now += FORGOTTEN_SECONDS + 1
    assert [wait(slowdown, "ana") for _ in range(4)] == [0, 0, 0, 1]


def test_what_is_kept_is_bounded() -> None:
    slowdown = Slowdown(most=100, clock=Clock())
    for place in range(1000):
        wait(slowdown, str(place) + "x" * 10_000, f"198.51.{place // 250}.{place % 250}")
    assert len(slowdown._failures) == 100
    assert all(len(name) <= 255 for _, name in slowdown._failures)


def test_years_of_failures_are_counted() -> None:
    clock = Clock()
    slowdown = Slowdown(clock=clock)
    for _ in range(5000):
        clock.now += 60
        assert wait(slowdown, "ana") == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_customer_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.text())
def test_any_address_has_a_network(address: str) -> None:
    assert len(network_of(address)) <= 64
