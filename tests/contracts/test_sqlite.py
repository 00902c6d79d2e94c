"""The store on SQLite keeps the contract, on a disk that is full or takes no writes too."""

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.contracts.catalog import SONGS, Song
from tests.contracts.opener import Command, Opener, add, add_many, check_log, do, gathering, refusal, submit
from tests.contracts.processes import ROOT
from tests.contracts.store import StoreContract

from antiphon.errors import StoreFull, Unavailable
from antiphon.observations import StoreFailed
from antiphon.operations import Store, Transaction
from antiphon.store.sqlite.rows import SqliteRows
from antiphon.store.sqlite.store import SqliteStore

LARGE = "x" * 2000


def pragma(store: Store, text: str) -> Any:
    """Run a pragma on the writer's connection."""

    def command(tx: Transaction) -> Any:
        assert isinstance(tx.rows, SqliteRows)
        return tx.rows._cursor.execute(f"PRAGMA {text}").get

    return do(store, command)


def sound(folder: Path) -> bool:
    """Whether SQLite finds nothing wrong with the file."""
    connection = apsw.Connection(str(folder / "contract.db"))
    try:
        return connection.execute("PRAGMA integrity_check").get == "ok" and not (
            connection.execute("PRAGMA foreign_key_check").fetchall()
        )
    finally:
        connection.close()


def leave_room(store: Store, pages: int) -> None:
    """Let the file grow by so many pages and no more."""
    pragma(store, f"max_page_count = {pragma(store, 'page_count') + pages}")


def at_once(store: Store, text: str) -> None:
    """Run a statement on the writer's connection, outside of any transaction."""
    assert isinstance(store, SqliteStore)
    medium: Any = store._writer._medium
    while True:  # the writer looks for other processes' commits now and then
        with suppress(apsw.ThreadingViolationError):
            medium._connection.execute(text)
            return


def rename(title: str) -> Command[Song]:
    return lambda tx: tx.update(tx.get(Song, "a"), title=title)


class TestSqlite(StoreContract):
    def url(self, folder: Path) -> str:
        return f"sqlite:///{folder}/contract.db"

    def test_a_full_file_refuses_writes_and_answers_reads(self, opened: Opener, tmp_path: Path) -> None:
        store = opened()
        do(store, add("kept", id="a"))
        leave_room(store, 3)
        full = refusal(store, add_many(5000), StoreFull)
        assert (full.status, full.code) == (507, "store_full")
        assert "room" in full.hint
        assert check_log(store) == 1
        with gathering(store):
            lost = [submit(store, add(LARGE)) for _ in range(50)]
        assert all(isinstance(future.exception(30), StoreFull) for future in lost)
        assert do(store, lambda tx: tx.get(Song, "a")).title == "kept"
        store.ping()
        with store.hold() as snapshot:
            assert snapshot.position.number == 1
        assert any(isinstance(each, StoreFailed) for each in opened.seen)
        assert sound(tmp_path)
        leave_room(store, 10_000)
        assert do(store, add(LARGE)).revision == 2
        assert check_log(store) == 2
        assert sound(tmp_path)

    @pytest.mark.parametrize("alone", [True, False])
    def test_a_command_that_hides_a_full_disk_leaves_nothing_half_done(
        self, opened: Opener, tmp_path: Path, alone: bool
    ) -> None:
        """SQLite then ends the transaction by itself: what came before in the batch is gone already."""
        store = opened()
        do(store, add("kept", id="a"))
        leave_room(store, 3)

        def hide(tx: Transaction) -> None:
            if not alone:
                tx.update(tx.get(Song, "a"), title="changed")
            with suppress(Exception):
                tx.create(Song(title=LARGE * 20))

        with gathering(store):
            commands = [rename("before"), hide, rename("after"), rename("last")]
            futures = [submit(store, command) for command in commands]
        for future in futures:
            assert isinstance(future.exception(30), StoreFull | Unavailable)
        assert check_log(store) == 1
        leave_room(store, 10_000)
        assert do(store, rename("again")).revision == 2
        assert check_log(store) == 2
        assert sound(tmp_path)

    def test_a_file_that_takes_no_writes_answers_reads(self, opened: Opener, tmp_path: Path) -> None:
        store = opened()
        do(store, add(id="a"))
        pragma(store, "query_only = ON")
        refused = refusal(store, add(), Unavailable)
        assert refused.status == 503
        assert "data folder" in refused.hint
        with store.snapshot() as snapshot:
            assert snapshot.position.number == 1
            assert snapshot.fetch(SONGS, "a")
        at_once(store, "PRAGMA query_only = OFF")
        assert do(store, add()).revision == 2
        assert check_log(store) == 2
        assert sound(tmp_path)

    def test_a_writer_that_another_holds_up_for_long_is_refused(self, opened: Opener, tmp_path: Path) -> None:
        store = opened()
        pragma(store, "busy_timeout = 50")
        other = apsw.Connection(str(tmp_path / "contract.db"))
        other.execute("BEGIN IMMEDIATE")
        refused = refusal(store, add(), Unavailable)
        assert refused.headers["Retry-After"]
        other.execute("ROLLBACK")
        other.close()
        assert do(store, add()).revision == 1
        assert check_log(store) == 1


def in_another_process(script: str, folder: Path, *before: str) -> None:
    """Run a function of `tests.contracts.disks` on `folder`; it fails the test by its exit code."""
    command = [*before, sys.executable, "-m", "tests.contracts.disks", script, str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == "done"


def own_mounts() -> list[str]:
    """A command that runs another where it may mount, or a skip."""
    if shutil.which("unshare") is None:
        pytest.skip("util-linux's unshare is not here: no disk can be made that is really full")
    command = ["unshare", "--mount", "--map-root-user"]
    tried = subprocess.run([*command, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("no mount namespace can be made here: no disk can be made that is really full")
    return command


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    in_another_process("fill_disk", tmp_path, *own_mounts())


def test_a_folder_that_is_really_read_only(tmp_path: Path) -> None:
    in_another_process("open_read_only", tmp_path, *own_mounts())


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    in_another_process("limit_file", tmp_path)
