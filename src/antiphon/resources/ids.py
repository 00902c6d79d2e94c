"""Ids: UUIDv7 (RFC 9562, 5.7), always rising within a process."""

import os
import re
import threading
import time
from collections.abc import Iterator

NAMED = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a client may name a record: no dot, so that a suffix such as `.json` stays apart."""


# Written out beforehand: to write numbers costs more than all the rest of an id.
_HIGH = tuple(f"{count:03x}-" for count in range(1 << 12))
_LOW = tuple(f"{0x80 | count:02x}" for count in range(1 << 6))


def _pool() -> Iterator[str]:
    """56 random bits at a time, the ends of ids: to ask the system for each would cost more than the id."""
    pool = os.urandom(7 * 512).hex()
    return iter(
        [f"{pool[place : place + 2]}-{pool[place + 2 : place + 14]}" for place in range(0, len(pool), 14)]
    )


_lock = threading.Lock()
_last = 0
_moment = -1, ""
_random: Iterator[str] = iter(())


def _start_afresh() -> None:
    """A forked process must neither share its parent's random bits nor find its lock taken."""
    global _lock, _random
    _lock, _random = threading.Lock(), iter(())


os.register_at_fork(after_in_child=_start_afresh)


def uuid7() -> str:
    """A new UUIDv7.

    48 bits of Unix milliseconds, then 18 bits that count within one millisecond (RFC 9562, 6.2,
    method 1; a clock that jumps back goes on counting from the latest time seen), then 56 random bits.
    """
    global _last, _random, _moment
    now = time.time_ns() // 1_000_000 << 18
    with _lock:
        _last = stamp = now if now > _last else _last + 1
        if (millisecond := stamp >> 18) != _moment[0]:  # the same for many ids: written once
            _moment = millisecond, f"{millisecond >> 16:08x}-{millisecond & 0xFFFF:04x}-7"
        prefix = _moment[1]
        if (bits := next(_random, "")) == "":
            _random = _pool()
            bits = next(_random)
    # milliseconds 32 and 16, version 4, counter 12, variant 2, counter 6, random 56
    return f"{prefix}{_HIGH[stamp >> 6 & 0xFFF]}{_LOW[stamp & 0x3F]}{bits}"
