"""Retention: how far back the log reaches."""

from datetime import UTC, datetime, timedelta

import apsw

from antiphon.settings import Settings
from antiphon.store.sqlite.connection import transaction

PIECE = 5000
"""Entries removed in one transaction, so that writers need not wait long."""


def prune(connection: apsw.Connection, settings: Settings) -> tuple[int, int]:
    """Remove log entries that are too old or too many, up to `PIECE`; returns how many, and the oldest left.

    The newest entry always stays: it holds the position.
    """
    newest = connection.execute("SELECT max(position) FROM antiphon_log").get
    if newest is None:
        return 0, 1
    below = 0
    if settings.retention_hours:
        limit = datetime.now(UTC) - timedelta(hours=settings.retention_hours)
        text = limit.isoformat(timespec="microseconds").replace("+00:00", "Z")
        kept = connection.execute("SELECT min(position) FROM antiphon_log WHERE time >= ?", (text,)).get
        below = newest if kept is None else kept
    if settings.retention_bytes:
        below = max(below, _first_within(connection, settings.retention_bytes))
    oldest: int = connection.execute("SELECT min(position) FROM antiphon_log").get
    below = min(below, newest, oldest + PIECE)
    if below <= oldest:
        return 0, oldest
    with transaction(connection):
        connection.execute("DELETE FROM antiphon_log WHERE position < ?", (below,))
    return below - oldest, below


def _first_within(connection: apsw.Connection, size: int) -> int:
    """The first of the newest entries whose records take no more than `size` bytes together."""
    total, first = 0, 0
    rows = connection.execute(
        'SELECT position, coalesce(octet_length("before"), 0) + coalesce(octet_length("after"), 0) '
        "FROM antiphon_log ORDER BY position DESC"
    )
    for first, length in rows:
        total += length
        if total > size:
            return int(first) + 1
    return int(first)
