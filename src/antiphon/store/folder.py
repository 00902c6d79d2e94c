"""The lock of a data folder: one server at a time."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from antiphon.errors import StoreError

NAME = "antiphon.lock"
PATIENCE = 0.5
"""Seconds to try for: the lock of a process that was just killed is free a moment later."""


class FolderLock:
    """Holds a data folder for one server; made if missing. The kernel lets go when the process ends, however.

    It is advice among servers and those who replace a store: imports and readers do not take it. The
    file stays when the lock is gone; its text is the id of the process that took it last.

    Raises:
        StoreError: another server holds the folder, or it cannot be written to.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        path = self.folder / NAME
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # flock, not SQLite's own kind of lock: that one falls when any descriptor of the file is closed
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"The data folder {self.folder} cannot be used: {error.strerror}.",
                "Choose another, or change its permissions.",
            ) from None
        if not locked(self._file, PATIENCE):
            taken_by = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise StoreError(
                f"The data folder {self.folder} is in use by the server with process id {taken_by}.",
                "Stop that one first, or choose another folder.",
            )
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; the folder is free for others."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder(folder: Path) -> int | None:
    """The id of the process that holds the lock of `folder`; None if none does."""
    try:
        file = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if locked(file, 0, fcntl.LOCK_SH):  # shared: two who look do not disturb each other
            return None
        return int(os.pread(file, 20, 0) or 0)
    finally:
        os.close(file)


def locked(file: int, patience: float = 0, kind: int = fcntl.LOCK_EX) -> bool:
    """Try for `patience` seconds to lock an open file for this process; whether it is."""
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        else:
            return True
