"""Shared limits: times by keys in memory that all workers of a server have, so that a limit is one."""

import secrets
from hashlib import blake2b

SECRET = 16
WAYS = 8
PLACES = 16_384
"""So many groups of `WAYS` places: room for 131,072 keys."""
SIZE = PLACES * WAYS * 2 * 8


def memory_of_tables(count: int) -> bytes:
    """Memory with so many empty tables. It begins with a secret: nobody can choose the place of a key."""
    return secrets.token_bytes(SECRET) + bytes(count * SIZE)


class Table:
    """Times by keys. A key has its place in one group of eight; where all are taken, the earliest time goes.

    Two processes that count for one key in the same microsecond may count one request for both; a lock would
    cost each request more than that is worth, and have all wait for one that was stopped while it held it.
    """

    def __init__(self, memory: memoryview, number: int) -> None:
        self._secret = bytes(memory[:SECRET])
        start = SECRET + number * SIZE
        part = memory[start : start + SIZE]
        self._keys = part.cast("Q")
        self._times = part.cast("d")

    def __len__(self) -> int:
        return sum(map(bool, self._keys[0::2]))

    def pop(self, key: str, default: float) -> float:
        """The time of a key."""
        place, mark = self._find(key)
        return self._times[place + 1] if self._keys[place] == mark else default

    def __setitem__(self, key: str, time: float) -> None:
        place, mark = self._find(key)
        self._times[place + 1] = time
        self._keys[place] = mark

    def _find(self, key: str) -> tuple[int, int]:
        """Where a key is, or is to be, and its mark there."""
        digest = blake2b(key.encode(), digest_size=12, key=self._secret).digest()
        mark = int.from_bytes(digest[:8], "little") or 1
        first = int.from_bytes(digest[8:], "little") % PLACES * WAYS * 2
        keys, times = self._keys, self._times
        group = range(first, first + WAYS * 2, 2)
        for place in group:
            if keys[place] == mark:
                return place, mark
        return min(group, key=lambda place: times[place + 1]), mark
