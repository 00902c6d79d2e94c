"""Ids: UUIDv7 (RFC 9562, 5.7), always rising within a process."""

import re
import threading
import time
from os import urandom

NAMED = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a client may name a record: no dot, so that a suffix such as `.json` stays apart."""

_lock = threading.Lock()
_last = 0


def uuid7() -> str:
    """A new UUIDv7.

    48 bits of Unix milliseconds, then 18 bits that count within one millisecond (RFC 9562, 6.2,
    method 1; a clock that jumps back goes on counting from the latest time seen), then 56 random bits.
    """
    global _last
    now = time.time_ns() // 1_000_000 << 18
    with _lock:
        _last = stamp = now if now > _last else _last + 1
    # 128 bits: milliseconds 48, version 4, counter 12, variant 2, counter 6, random 56
    value = (
        (stamp >> 18) << 80
        | 0x7 << 76
        | (stamp >> 6 & 0xFFF) << 64
        | 0x2 << 62
        | (stamp & 0x3F) << 56
        | int.from_bytes(urandom(7))
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
