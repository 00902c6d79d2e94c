"""Limits: how many requests a caller, and an address, may send."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from antiphon.access import Caller, network_of
from antiphon.errors import TooManyRequests
from antiphon.server.shared_limits import Table, memory_of_tables
from antiphon.settings import Settings

LIMITS = "antiphon.limits"
"""The scope's member that holds the headers which tell of limits."""
WINDOW = 60.0
MOST = 100_000


class Limit:
    """At most `rate` requests a minute for each key, at once if it likes; a bucket that refills steadily.

    A key costs one number, the time at which its bucket is full again (GCRA). At most `most` keys are kept;
    what was not used lately is forgotten first. With a `table` it is one limit for all who share that.
    """

    def __init__(self, name: str, rate: int, most: int = MOST, table: Table | None = None) -> None:
        self.name = name
        self.policy = f'"{name}";q={rate};w={WINDOW:.0f}'
        self.rate = rate
        self._each = WINDOW / rate
        self._most = most
        self._full: OrderedDict[str, float] = OrderedDict()
        self._table = table

    def __len__(self) -> int:
        return len(self._full)

    def count(self, key: str, now: float) -> tuple[int, float]:
        """Count one request; returns how many may follow at once, and the seconds until the bucket is full.

        Below zero: it is one too many, and not counted; the seconds are those until the next may come.
        """
        kept = self._full if self._table is None else self._table
        full = max(kept.pop(key, now), now)
        if full + self._each - now > WINDOW + 1e-6:
            kept[key] = full
            return -1, full + self._each - now - WINDOW
        kept[key] = full = full + self._each
        while self._full and (len(self._full) > self._most or next(iter(self._full.values())) <= now):
            self._full.popitem(last=False)
        return int((WINDOW - (full - now)) / self._each + 1e-6), full - now


class Limits:
    """The limits of one server, by its settings `rate_per_address` and `rate_per_caller`.

    `memory` is what its workers share, as `memory_of_limits` made it.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,  # the same in all processes of a machine
        memory: memoryview | None = None,
    ) -> None:
        self._clock = clock
        rates = {"address": settings.rate_per_address, "caller": settings.rate_per_caller}
        self._address, self._caller = (
            Limit(name, rate, table=None if memory is None else Table(memory, number)) if rate else None
            for number, (name, rate) in enumerate(rates.items())
        )

    def count_address(self, scope: Any) -> None:
        """Count a request of an address, an IPv6 one by its /64; what asks for health is not counted.

        Raises:
            TooManyRequests: it is one too many.
        """
        client = scope.get("client")
        if self._address is not None and client is not None and not scope["path"].startswith("/health/"):
            self._count(scope, self._address, network_of(client[0]))

    def count_caller(self, scope: Any, caller: Caller) -> None:
        """Count a request of a caller who is known; raises as `count_address` does."""
        if self._caller is not None and caller.id is not None:
            self._count(scope, self._caller, caller.id)

    def _count(self, scope: Any, limit: Limit, key: str) -> None:
        remaining, seconds = limit.count(key, self._clock())
        reset = max(1, math.ceil(seconds))
        told = f'"{limit.name}";r={max(0, remaining)};t={reset}'
        # draft-ietf-httpapi-ratelimit-headers-10; each is a list, and may come in several lines
        scope.setdefault(LIMITS, []).extend(
            [(b"ratelimit-policy", limit.policy.encode()), (b"ratelimit", told.encode())]
        )
        if remaining < 0:
            raise TooManyRequests(
                f"This {limit.name} has sent more than {limit.rate} requests within a minute.",
                f"Wait {reset} seconds; or raise the setting rate_per_{limit.name}.",
                headers={"Retry-After": str(reset)},
            )


def limits_of(settings: Settings, memory: memoryview | None = None) -> Limits | None:
    """The limits that the settings ask for, if they do."""
    asked = settings.rate_per_address or settings.rate_per_caller
    return Limits(settings, memory=memory) if asked else None


def memory_of_limits() -> bytes:
    """What the memory that workers share for their limits begins with."""
    return memory_of_tables(2)
