"""Limits that several workers share: one count for all, in memory that all have."""

import pytest
from tests.unit.access.clocks import Clock

from antiphon import Caller, Settings
from antiphon.errors import TooManyRequests
from antiphon.server import shared_limits
from antiphon.server.limits import Limits, memory_of_limits
from antiphon.server.shared_limits import SECRET, WAYS, Table, memory_of_tables


def sharing(clock: Clock, count: int, **rates: int) -> list[Limits]:
    memory = memoryview(bytearray(memory_of_limits()))
    return [Limits(Settings(**rates), clock, memory) for _ in range(count)]  # type: ignore[arg-type]


def asking(address: str = "192.0.2.1") -> dict[str, object]:
    return {"type": "http", "path": "/songs", "client": (address, 1)}


def test_what_one_counted_is_counted_for_all() -> None:
    clock = Clock(100.0)
    workers = sharing(clock, 3, rate_per_address=6, rate_per_caller=0)
    for number in range(6):
        workers[number % 3].count_address(asking())
    for worker in workers:
        with pytest.raises(TooManyRequests):
            worker.count_address(asking())
        worker.count_address(asking("192.0.2.2"))
    clock.now += 10
    workers[2].count_address(asking())
    with pytest.raises(TooManyRequests):
        workers[1].count_address(asking())


def test_an_address_and_a_caller_of_one_name_are_two() -> None:
    first, second = sharing(Clock(100.0), 2, rate_per_address=1, rate_per_caller=1)
    first.count_address(asking("x"))
    second.count_caller(asking(), Caller("x"))
    with pytest.raises(TooManyRequests):
        first.count_caller(asking(), Caller("x"))


def test_the_earliest_time_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limits, "PLACES", 64)
    memory = memory_of_tables(1)
    table = Table(memoryview(bytearray(SECRET) + memory[SECRET:]), 0)  # each key in the same group each time
    for number in range(100):
        table[str(number)] = 1000.0 + number
    assert all(table.pop(str(number), 0.0) == 1000.0 + number for number in range(100))
    count = 64 * WAYS * 3
    for number in range(100, count):
        table[str(number)] = 1000.0 + number
    assert len(table) == 64 * WAYS
    assert all(table.pop(str(number), 0.0) == 1000.0 + number for number in range(count - 100, count))
    assert table.pop("0", 7.0) == 7.0


def test_nobody_knows_where_a_key_is() -> None:
    tables = [Table(memoryview(bytearray(memory_of_tables(1))), 0) for _ in range(2)]
    assert tables[0]._find("ana") != tables[1]._find("ana")
