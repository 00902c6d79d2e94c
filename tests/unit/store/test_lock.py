"""A store serves one server at a time, and is free again however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.errors import StoreError
from antiphon.store.lock import StoreLock, holder

HOLD = """
import sys
from pathlib import Path
from antiphon.store import StoreLock
with StoreLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(store: Path) -> subprocess.Popen[str]:
    """A process that has the lock of `store`, until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_server_is_told_who_holds_the_store(tmp_path: Path) -> None:
    store = tmp_path / "tasks.db"
    with hold(store) as first:
        with pytest.raises(StoreError) as refused:
            StoreLock(store)
        assert str(store) in refused.value.detail
        assert f"process id {first.pid}" in refused.value.detail
        assert refused.value.hint
        assert holder(store) == first.pid
        assert holder(tmp_path / "others.db") is None
        StoreLock(tmp_path / "others.db").release()  # the folder is not taken, the store is
    StoreLock(store).release()


def test_the_store_of_a_killed_server_is_free(tmp_path: Path) -> None:
    store = tmp_path / "tasks.db"
    with hold(store) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        with StoreLock(store):
            assert holder(store) == os.getpid()


def test_a_released_store_is_free(tmp_path: Path) -> None:
    store = tmp_path / "not" / "there yet" / "tasks.db"
    assert holder(store) is None
    lock = StoreLock(store)
    with pytest.raises(StoreError, match=f"process id {os.getpid()}"):
        StoreLock(store)
    lock.release()
    lock.release()
    assert holder(store) is None
    with StoreLock(store):
        assert holder(store) == os.getpid()


@pytest.mark.parametrize(
    ("store", "lock"), [("tasks.db", "tasks.lock"), ("v1.2.db", "v1.2.lock"), ("tasks", "tasks.lock")]
)
def test_the_lock_lies_beside_the_store(tmp_path: Path, store: str, lock: str) -> None:
    StoreLock(tmp_path / store).release()
    assert [each.name for each in tmp_path.iterdir()] == [lock]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/data cannot be used: Not a directory"):
        StoreLock(tmp_path / "file" / "data" / "tasks.db")
