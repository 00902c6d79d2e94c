"""Cells as values: texts, lengths and years in the ways that people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from .table import Link

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,4}):(\d{1,2}(?:[.,]\d+)?)")
_ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)([12]\d{3})(?!\d)")
_DAY = 86_400
_SECONDS = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
_MILLISECONDS = 1e11
"""Seconds since 1970 reach that in the year 5138."""


def text(cell: Any) -> str:
    """A cell's text without white space at its ends; an object's name, a list's first; "" for nothing."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, Link):
        return cell.text.strip()
    if isinstance(cell, list):
        return text(cell[0]) if cell else ""
    if isinstance(cell, dict):
        return text(cell.get("name") or cell.get("title"))
    return str(cell)


def seconds(cell: Any, column: str) -> float | None:
    """A length in seconds, from `225`, `3:45`, `1:02:03` or `PT3M45S` (ISO 8601); None for an empty cell.

    A number is milliseconds where the column's name says so (`duration_ms`, `Milliseconds`).

    Raises:
        ValueError: it is no length, or none that a piece of music has.
    """
    written = text(cell)
    if not written:
        return None
    if match := _CLOCK.fullmatch(written):
        value = int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3].replace(",", "."))
    elif (match := _ISO.fullmatch(written)) and any(match.groups()):
        value = (
            int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float((match[3] or "0").replace(",", "."))
        )
    else:
        try:
            value = float(written.replace(",", "."))
        except ValueError:
            raise ValueError(f"{written[:40]!r} is no length; write seconds or m:ss") from None
        if in_milliseconds(column):
            value = round(value / 1000, 3)
    if not 0 <= value <= _DAY:
        raise ValueError(f"{written[:40]!r} is no length between 0 s and a day")
    return value


def in_milliseconds(column: str) -> bool:
    """Whether a column's name says that it counts milliseconds."""
    name = column.casefold()
    return "milli" in name or re.search(r"(?<![a-z])ms(?![a-z])", name.replace("_", " ")) is not None


def year(cell: Any) -> int | None:
    """The year of `1999`, `1999-12-31` or `31 Dec 1999`; None for an empty cell.

    Raises:
        ValueError: there is no year between 1000 and 2999 in it.
    """
    written = text(cell)
    if not written or written in ("0", "0.0"):
        return None
    match = _YEAR.search(written)
    if match is None:
        raise ValueError(f"{written[:40]!r} is no year")
    return int(match[1])


def instant(cell: Any) -> datetime | None:
    """A time, from seconds since 1970 (or milliseconds, if there are so many) or as RFC 3339 writes it.

    One without an offset is in UTC; None for an empty cell.

    Raises:
        ValueError: it is no time.
    """
    written = text(cell)
    if not written:
        return None
    try:
        if _SECONDS.fullmatch(written):
            since = float(written)
            return datetime.fromtimestamp(since / 1000 if since >= _MILLISECONDS else since, UTC)
        found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{written[:40]!r} is no time; write seconds since 1970, or 2026-01-31T12:00:00Z"
        ) from None


def number(cell: Any) -> int | None:
    """A track's or disc's number: 3 of `3` or `3/12`; None for anything else."""
    match = re.match(r"\d{1,6}", text(cell))
    return int(match[0]) if match else None


def first(written: str) -> str:
    """The first of several values in one cell: `Electronic` of `Electronic, Rock`."""
    return re.split(r"[,;|]", written, maxsplit=1)[0].strip()
