"""Windows: over which time a chart is, in whole hours."""

from __future__ import annotations

from datetime import datetime

from .resources import Facts, Track, Window

WINDOWS: tuple[Window, ...] = ("all", "30d", "7d", "1d")
"""Longest first: a play that is in one is in those before it."""
DAYS = (0, 30, 7, 1)
LONG_AGO = 0
"""The hour of what no window but the first has, and of what nobody knows the time of."""


def hour_of(time: datetime) -> int:
    """Hours since 1970."""
    return int(time.timestamp()) // 3600


def bucket(time: datetime | None, now: int) -> int:
    """The hour in which a play is counted."""
    if time is None or held(hour := hour_of(time), now) == 1:
        return LONG_AGO
    return hour


def held(hour: int, now: int) -> int:
    """How many windows have what was played in `hour`: the first so many.

    A window of a day has the current hour and the 24 before it: each play for a day, and up to an hour more.
    """
    return max(place + 1 for place, days in enumerate(DAYS) if place == 0 or now <= hour + 24 * days)


def leaves(hour: int, held: int) -> int:
    """The hour from which one window less has it."""
    return hour + 24 * DAYS[held - 1] + 1


def new_track(id: str, song: Facts | None = None) -> Track:
    """A song that was never played."""
    return Track(id=id, song=song, plays=[0] * len(WINDOWS), fresh=False)
