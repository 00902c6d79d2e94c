"""The slowdown of sign-ins that fail."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from antiphon.errors import TooManyRequests

FORGOTTEN_SECONDS = 3600.0


class Slowdown:
    """After failures, of one name or from one address, the next try must wait: longer each time.

    `free` tries of a name, and `free_address` from an address, are at once; each further one waits twice
    as long as the one before, from a second to `longest` seconds. An hour without a try forgets them.
    At most `most` names and addresses are kept; what was tried least lately goes first.

        slowdown.attempt(name, address)      # before the password is looked at
        slowdown.succeeded(name, address)    # after it was right
    """

    def __init__(
        self,
        *,
        free: int = 3,
        free_address: int = 30,
        longest: float = 60.0,
        most: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = free
        self._free_address = free_address
        self._longest = longest
        self._most = most
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._guard = threading.Lock()

    def attempt(self, name: str, address: str) -> None:
        """Count a try as failed until it succeeds: so that many at once are not many for free.

        Raises:
            TooManyRequests: it comes too early; `Retry-After` says when it may come. It is not counted.
        """
        now = self._clock()
        with self._guard:
            entries = self._entries(name, address)
            wait = max(self._wait(key, free, now) for key, free in entries)
            if wait > 0:
                seconds = math.ceil(wait)
                raise TooManyRequests(
                    f"Too many sign-ins failed; the next may come in {seconds} seconds.",
                    "Wait, and check name and password.",
                    headers={"Retry-After": str(seconds)},
                )
            for key, _ in entries:
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > FORGOTTEN_SECONDS else count + 1), now
            while len(self._failures) > self._most:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of `name`, and take this try back from the address."""
        with self._guard:
            (of_name, _), (of_address, _) = self._entries(name, address)
            self._failures.pop(of_name, None)
            count, last = self._failures.get(of_address, (0, 0.0))
            if count > 1:
                self._failures[of_address] = count - 1, last
            else:
                self._failures.pop(of_address, None)

    def _entries(self, name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
        return (("name", name[:255]), self._free), (("address", network_of(address)), self._free_address)

    def _wait(self, key: tuple[str, str], free: int, now: float) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        if count < free or now - last > FORGOTTEN_SECONDS:
            return 0.0
        return last + min(self._longest, 2.0 ** min(count - free, 30)) - now


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What stands for whoever has an address: itself; of IPv6 its /64, which one customer has whole."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> 64 << 64)) + "/64"
    return str(found)
