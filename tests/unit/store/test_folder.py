"""A data folder serves one server at a time, and is free again however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.errors import StoreError
from antiphon.store.folder import FolderLock, holder

HOLD = """
import sys
from antiphon.store import FolderLock
with FolderLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    """A process that has the lock of `folder`, until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_server_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with hold(tmp_path) as first:
        with pytest.raises(StoreError) as refused:
            FolderLock(tmp_path)
        assert str(tmp_path) in refused.value.detail
        assert f"process id {first.pid}" in refused.value.detail
        assert refused.value.hint
        assert holder(tmp_path) == first.pid
    FolderLock(tmp_path).release()


def test_the_folder_of_a_killed_server_is_free(tmp_path: Path) -> None:
    with hold(tmp_path) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        with FolderLock(tmp_path):
            assert holder(tmp_path) == os.getpid()


def test_a_released_folder_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    assert holder(folder) is None
    lock = FolderLock(folder)
    with pytest.raises(StoreError, match=f"process id {os.getpid()}"):
        FolderLock(folder)
    lock.release()
    lock.release()
    assert holder(folder) is None
    with FolderLock(folder):
        assert holder(folder) == os.getpid()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/data cannot be used: Not a directory"):
        FolderLock(tmp_path / "file" / "data")
