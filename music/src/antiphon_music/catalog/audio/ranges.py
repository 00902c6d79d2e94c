"""The part of a file that a request asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re

_BYTES = re.compile(r"bytes\s*=\s*(\d*)-(\d*)\s*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """A range that begins behind the end of what there is."""


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that a `Range` header asks for; None to send everything.

    Everything is sent, too, for a unit that isn't known, a header that isn't well formed, and for several
    ranges at once: a server may always ignore the header (14.2), and no player asks for that.

    Raises:
        Unsatisfiable: nothing of the range is there.
    """
    match = _BYTES.fullmatch(header) if header and len(header) < 100 else None
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        last = int(match[2])
        if last == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - last), size
    start = int(match[1])
    if match[2] and int(match[2]) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(int(match[2]) + 1, size) if match[2] else size
