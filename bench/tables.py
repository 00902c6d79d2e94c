"""Looking into SQLite files: their schema, their rows, and whether a log says what the state says."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from bench.comparison import require


def schema(path: Path) -> list[str]:
    """The statements that make the tables and indexes of the file."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        return [sql for (sql,) in rows if "sqlite_" not in sql]


def copy_schema(source: Path, target: Path) -> Path:
    """Make `target` a file of the same tables and indexes, all empty."""
    connection = apsw.Connection(str(target))
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in schema(source):
        connection.execute(statement)
    connection.close()
    return target


def columns(path: Path, table: str) -> str:
    """The names of a table's columns, as SQL."""
    connection = apsw.Connection(str(path))
    return ", ".join(f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table})"))


def select(path: Path, table: str, order: str) -> str:
    """The statement that reads all rows of a table."""
    return f"SELECT {columns(path, table)} FROM {table} ORDER BY {order}"


def insert(path: Path, table: str) -> str:
    """The statement that adds a row to a table."""
    names = columns(path, table)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * (names.count(',') + 1))})"


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a statement reads from the file."""
    connection = apsw.Connection(str(path))
    return list(connection.execute(sql))


def check_log(path: Path, counts: dict[str, int]) -> None:
    """Hold state and log to each other: so many records in each table, each as its log entry has it, no other
    entry, and no gap between positions.

    Raises:
        WrongAnswer: they differ.
    """
    connection = apsw.Connection(str(path))
    log = connection.execute("SELECT count(*), min(position), max(position) FROM antiphon_log").fetchone()
    total = sum(counts.values())
    require(log == (total, 1, total), f"log: count, first and last are {log}, not {total}, 1, {total}")
    for table, count in counts.items():
        stored = connection.execute(f"SELECT count(*) FROM {table}").get
        require(stored == count, f"{table}: {stored} rows, not {count}")
        same = connection.execute(
            f"SELECT count(*) FROM {table} JOIN antiphon_log ON position = revision"
            f" WHERE {table}.id = antiphon_log.id AND after = record"
        ).get
        require(same == count, f"{table}: only {same} of {count} records are as the log has them")
    require(connection.execute("PRAGMA integrity_check").get == "ok", f"{path.name}: integrity check failed")


def check_same(one: Path, other: Path, names: Sequence[str]) -> None:
    """Hold two files to the same rows in these tables and in the log; raises WrongAnswer."""
    connection = apsw.Connection(str(one))
    connection.execute("ATTACH ? AS other", (str(other),))
    for name in (*names, "antiphon_log"):
        left = connection.execute(f"SELECT count(*) FROM main.{name}").get
        both = f"SELECT * FROM main.{name} INTERSECT SELECT * FROM other.{name}"
        shared = connection.execute(f"SELECT count(*) FROM ({both})").get
        require(left == shared, f"{name}: the peer holds {shared} of {left} rows")
