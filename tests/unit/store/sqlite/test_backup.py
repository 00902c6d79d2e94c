"""A backup is a store at one instant; restored, it is a store again, with a log that no one has followed."""

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.store.sqlite.files import check, create, opened, rows, state

from antiphon.errors import StoreError
from antiphon.resources import Ref, Resource
from antiphon.store import StoreLock, backup, restore
from antiphon.store.sqlite.backup import Partial


class Artist(Resource, path="/artists"):
    name: str


class Song(Resource, path="/songs"):
    title: str
    artist_id: Ref[Artist] | None = None


BOTH = (Artist, Song)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a store in use, three changes long."""
    folder = tmp_path / "data"
    create(folder / "app.db", Artist(id="bjork", name="Björk"), also=(Song,))
    create(folder / "app.db", Song(title="Hunter", artist_id="bjork"), Song(title="Jóga"), also=(Artist,))
    return folder


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    backup(folder, "app", tmp_path / "app.bak")
    return tmp_path / "app.bak"


def incarnation(path: Path) -> str:
    return str(rows(path, "SELECT value FROM antiphon_meta WHERE key = 'incarnation'")[0][0])


def test_there_and_back(folder: Path, copy: Path, tmp_path: Path) -> None:
    assert sorted(each.name for each in tmp_path.iterdir()) == ["app.bak", "data"]  # one file, nothing beside
    check(copy, *BOTH)
    create(folder / "app.db", Song(title="Bachelorette"), also=(Artist,))
    restore(copy, tmp_path / "new", "app")
    restored = tmp_path / "new" / "app.db"
    check(restored, *BOTH)
    assert state(restored, Song) == state(copy, Song)
    (song,) = create(restored, Song(title="Pluto"), also=(Artist,))
    assert song.revision == 4, "numbers go on"
    check(restored, *BOTH)
    # Each restore is a life of its own.
    restore(copy, tmp_path / "newer", "app")
    assert incarnation(tmp_path / "newer" / "app.db") not in (
        incarnation(restored),
        incarnation(folder / "app.db"),
    )


def test_it_is_made_while_the_store_is_in_use(folder: Path, tmp_path: Path) -> None:
    with StoreLock(folder / "app.db"), opened(folder / "app.db", *BOTH):
        backup(folder, "app", tmp_path / "app.bak")
    check(tmp_path / "app.bak", *BOTH)


def test_urls_name_stores_too(folder: Path, tmp_path: Path) -> None:
    backup(f"sqlite:///{folder}/app.db", "", tmp_path / "app.bak")
    restore(tmp_path / "app.bak", f"sqlite:///{tmp_path}/other/name.db", "")
    check(tmp_path / "other" / "name.db", *BOTH)


def test_only_its_owner_may_read_it(copy: Path) -> None:
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_backup_replaces_a_file_only_if_told(folder: Path, copy: Path) -> None:
    old = copy.read_bytes()
    create(folder / "app.db", Song(title="Bachelorette"), also=(Artist,))
    with pytest.raises(StoreError, match=r"app\.bak exists"):
        backup(folder, "app", copy)
    assert copy.read_bytes() == old
    backup(folder, "app", copy, overwrite=True)
    assert len(state(copy, Song)) == 3


def test_a_restore_replaces_a_store_only_if_told(folder: Path, copy: Path) -> None:
    create(folder / "app.db", Song(title="Bachelorette"), also=(Artist,))
    before = incarnation(folder / "app.db")
    with pytest.raises(StoreError, match=r"has a store already, app\.db"):
        restore(copy, folder, "app")
    assert len(state(folder / "app.db", Song)) == 3
    restore(copy, folder, "app", overwrite=True)
    check(folder / "app.db", *BOTH)
    assert len(state(folder / "app.db", Song)) == 2
    assert incarnation(folder / "app.db") != before


def test_a_store_in_use_is_not_replaced(folder: Path, copy: Path) -> None:
    with (
        StoreLock(folder / "app.db"),
        pytest.raises(StoreError, match="in use by the server with process id"),
    ):
        restore(copy, folder, "app", overwrite=True)
    with (
        opened(folder / "app.db", *BOTH),  # an import has no lock of the folder
        pytest.raises(StoreError, match=r"app\.db is in use"),
    ):
        restore(copy, folder, "app", overwrite=True)
    check(folder / "app.db", *BOTH)


def test_a_damaged_store_is_replaced(folder: Path, copy: Path) -> None:
    path = folder / "app.db"
    with opened(path, *BOTH):  # a write-ahead log is left beside it, as by a crash
        shutil.copy(path.with_name("app.db-wal"), folder / "left")
    (folder / "left").replace(path.with_name("app.db-wal"))
    path.write_bytes(b"not a database at all" * 500)
    restore(copy, folder, "app", overwrite=True)
    check(path, *BOTH)
    assert sorted(each.name for each in folder.iterdir()) == ["app.db", "app.lock"]


def test_what_a_deleted_store_left_behind_is_not_played_into_the_new_one(folder: Path, copy: Path) -> None:
    path = folder / "app.db"
    with opened(path, *BOTH):
        create(path, Song(title="Bachelorette"), also=(Artist,))
        shutil.copy(path.with_name("app.db-wal"), folder / "left")
    (folder / "left").replace(path.with_name("app.db-wal"))
    path.unlink()
    restore(copy, folder, "app")
    check(path, *BOTH)
    assert len(state(path, Song)) == 2


def damage(path: Path) -> None:
    """Write over a page of the songs' table."""
    with path.open("r+b") as file:
        page = rows(path, "SELECT rootpage FROM sqlite_master WHERE name = 'songs'")[0][0]
        file.seek((page - 1) * 4096 + 100)
        file.write(b"\xff" * 3900)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE antiphon_meta SET value = '99' WHERE key = 'format'")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE antiphon_meta")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("once upon a time " * 1000)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (damage, "is damaged"),
        (newer, "has format 99"),
        (foreign, "no store of Antiphon"),
        (empty, "is empty"),
        (text, "not a database"),
        (Path.unlink, "There is no backup"),
    ],
)
def test_what_is_no_sound_backup_is_refused(folder: Path, copy: Path, spoil: object, message: str) -> None:
    assert callable(spoil)
    spoil(copy)
    for overwrite, place in ((True, folder), (False, folder.parent / "new")):
        with pytest.raises(StoreError, match=message):
            restore(copy, place, "app", overwrite=overwrite)
    check(folder / "app.db", *BOTH)
    assert [each.name for each in (folder.parent / "new").glob("*")] in ([], ["app.lock"])


def test_a_damaged_store_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    damage(folder / "app.db")
    with pytest.raises(StoreError, match="is damaged"):
        backup(folder, "app", tmp_path / "app.bak")
    assert not (tmp_path / "app.bak").exists()


def test_targets_that_cannot_be(folder: Path, tmp_path: Path) -> None:
    for target, message in (
        (tmp_path, "No file .* can be written"),
        (tmp_path / "nowhere" / "app.bak", "No file .* can be written"),
        (folder / "app.db", "is the store itself"),
    ):
        with pytest.raises(StoreError, match=message):
            backup(folder, "app", target, overwrite=True)
    with pytest.raises(StoreError, match="is the store itself"):
        restore(folder / "app.db", folder, "app", overwrite=True)
    with pytest.raises(StoreError, match="There is no store"):
        backup(tmp_path / "nowhere", "app", tmp_path / "app.bak")
    check(folder / "app.db", *BOTH)


def test_two_do_not_write_one_file(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "app.bak"
    with Partial(target, 0o600), pytest.raises(StoreError, match="Another process is writing"):
        backup(folder, "app", target)
    (tmp_path / ".app.bak.partial").write_bytes(b"left by one that was killed")
    (tmp_path / ".app.bak.partial-journal").write_bytes(b"and this too")
    backup(folder, "app", target)
    check(target, *BOTH)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["app.bak", "data"]
