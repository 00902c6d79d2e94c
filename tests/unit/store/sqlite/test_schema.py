"""A store's schema: made at the first start, left alone at the next, refused where it is not ours."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pytest
from tests.unit.store.sqlite.files import check, create, opened, rows, tables

from antiphon.errors import StoreError
from antiphon.resources import Ref, Resource, field


class Artist(Resource, path="/artists"):
    name: str = field(folded=True, unique=True)


class Song(Resource, path="/songs"):
    title: str = field(folded=True)
    artist_id: Ref[Artist] | None = None
    length: float | None = None
    year: int = 0
    live: bool = False
    bought: date | None = None
    heard: datetime | None = None
    state: Literal["new", "known"] = "new"
    tags: list[str] = field(default_factory=list)

    indexes = (("year", "title"),)


def test_a_person_reads_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    create(path, Artist(id="bjork", name="Björk"), also=(Song,))
    song = Song(
        id="hunter",
        title="Hunter",
        artist_id="bjork",
        length=255.0,
        year=1997,
        bought=date(1997, 9, 22),
        heard=datetime(2024, 5, 17, 12, 30, tzinfo=UTC),
        tags=["cold"],
    )
    create(path, song, also=(Artist,))
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        (row,) = connection.execute(
            "SELECT songs.*, artists.name FROM songs JOIN artists ON artists.id = artist_id"
        ).fetchall()
    assert dict(row) == {
        "id": "hunter",
        "revision": 2,
        "title": "Hunter",
        "title_folded": "hunter",
        "artist_id": "bjork",
        "length": 255.0,
        "year": 1997,
        "live": 0,
        "bought": "1997-09-22",
        "heard": "2024-05-17T12:30:00.000000Z",
        "state": "new",
        "tags": '["cold"]',
        "record": row["record"],
        "name": "Björk",
    }
    types = {name: kind for _, name, kind, *_ in rows(path, "PRAGMA table_info(songs)")}
    assert types == {
        "id": "TEXT",
        "revision": "BIGINT",
        "title": "TEXT",
        "artist_id": "TEXT",
        "length": "DOUBLE",
        "year": "BIGINT",
        "live": "BOOLEAN",
        "bought": "DATE",
        "heard": "DATETIME",
        "state": "TEXT",
        "tags": "TEXT",
        "title_folded": "TEXT",
        "record": "TEXT",
    }
    check(path, Artist, Song)


def test_an_unchanged_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with opened(path, Artist, Song) as store:
        incarnation = store.incarnation
    before = tables(path)
    # Not even the write lock is taken: an import is not held up by one that writes.
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with opened(path, Song, Artist) as store:  # in whatever order
            assert store.incarnation == incarnation
        other.execute("ROLLBACK")
    assert tables(path) == before


@pytest.mark.parametrize("kind", ["empty", "old"])
def test_many_processes_start_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "data" / "catalog.db"
    if kind == "old":
        create(path, Artist(name="Björk"))
    start = (
        "import sys; sys.stdin.readline()\n"
        "from pathlib import Path\n"
        "from tests.unit.store.sqlite.files import opened, create\n"
        "from tests.unit.store.sqlite.test_schema import Artist, Song\n"
        "with opened(Path(sys.argv[1]), Artist, Song) as store: print(store.incarnation)\n"
        "create(Path(sys.argv[1]), Song(title=sys.argv[2]), also=(Artist,))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", start, path, f"{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert len(set(answers)) == 1
    assert len(rows(path, "SELECT * FROM songs")) == 4
    check(path, Artist, Song)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with opened(path, Artist):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE antiphon_meta SET value = '2' WHERE key = 'format'")
    with pytest.raises(StoreError, match="has format 2; this code knows formats up to 1") as refused:
        opened(path, Artist).__enter__()
    assert "Newer code made it" in refused.value.hint


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    before = tables(path)
    with pytest.raises(StoreError, match="no store of Antiphon"):
        opened(path, Artist).__enter__()
    assert tables(path) == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(b"once upon a time " * 100)
    with pytest.raises(StoreError, match=r"catalog\.db cannot be opened"):
        opened(path, Artist).__enter__()
    assert path.read_bytes() == b"once upon a time " * 100


def test_a_store_of_older_code_gets_the_tables_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    create(path, Artist(name="Björk"), also=(Song,))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE antiphon_reactions")
        connection.execute("DROP TABLE antiphon_waiting")
    create(path, Artist(name="Múm"), also=(Song,))
    check(path, Artist, Song)
