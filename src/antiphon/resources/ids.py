"""Ids: UUIDv7 (RFC 9562, 5.7), always rising within a process."""

import re
import threading
import time
from collections.abc import Iterator
from os import urandom

NAMED = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a client may name a record: no dot, so that a suffix such as `.json` stays apart."""


def _pool() -> Iterator[bytes]:
    """56 random bits at a time: to ask the system for each id would cost more than all the rest of it."""
    pool = urandom(7 * 512)
    return (pool[place : place + 7] for place in range(0, len(pool), 7))


_lock = threading.Lock()
_last = 0
_random: Iterator[bytes] = iter(())


def uuid7() -> str:
    """A new UUIDv7.

    48 bits of Unix milliseconds, then 18 bits that count within one millisecond (RFC 9562, 6.2,
    method 1; a clock that jumps back goes on counting from the latest time seen), then 56 random bits.
    """
    global _last, _random
    now = time.time_ns() // 1_000_000 << 18
    with _lock:
        _last = stamp = now if now > _last else _last + 1
        if (bits := next(_random, None)) is None:
            _random = _pool()
            bits = next(_random)
    # 128 bits: milliseconds 48, version 4, counter 12, variant 2, counter 6, random 56
    value = (
        (stamp >> 18) << 80
        | 0x7 << 76
        | (stamp >> 6 & 0xFFF) << 64
        | 0x2 << 62
        | (stamp & 0x3F) << 56
        | int.from_bytes(bits)
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
