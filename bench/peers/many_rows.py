"""The limit of an import: the same rows of every table, each by one `executemany`, in one transaction."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw


def run(path: Path, tables: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]) -> float:
    """Insert the rows of each (statement, rows) into the file at `path`, durably; seconds."""
    connection = apsw.Connection(str(path))
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    start = time.perf_counter()
    with connection:
        for statement, rows in tables:
            connection.executemany(statement, rows)
    seconds = time.perf_counter() - start
    connection.close()
    return seconds
