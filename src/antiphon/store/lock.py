"""The lock of a store: one server at a time."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from antiphon.errors import StoreError

PATIENCE = 0.5
"""Seconds to try for: the lock of a process that was just killed is free a moment later."""


class StoreLock:
    """Holds the store in the file `store` for one server; its folder is made if missing.

    The kernel lets go when the process ends, however. It is advice among servers and those who replace a
    store: imports and readers do not take it. Its own file, `NAME.lock` beside `NAME.db`, stays when the
    lock is gone; the text in it is the id of the process that took it last.

    Raises:
        StoreError: another server holds the store, or the folder cannot be written to.
    """

    def __init__(self, store: Path) -> None:
        try:
            store.parent.mkdir(parents=True, exist_ok=True)
            # flock, not SQLite's own kind of lock: that one falls when any descriptor of the file is closed
            self._file = os.open(lock_of(store), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"The data folder {store.parent} cannot be used: {error.strerror}.",
                "Choose another, or change its permissions.",
            ) from None
        if not locked(self._file, PATIENCE):
            taken_by = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise StoreError(
                f"The store {store} is in use by the server with process id {taken_by}.",
                "Stop that one first, or choose another data folder.",
            )
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def fileno(self) -> int:
        """The open file; a process that inherits it holds the store too, as long as it runs."""
        return self._file

    def release(self) -> None:
        """Let go; the store is free for others."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> "StoreLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_of(store: Path) -> Path:
    """The file whose lock stands for the one of `store`."""
    return store.with_name(store.name.removesuffix(".db") + ".lock")


def holder(store: Path) -> int | None:
    """The id of the process that holds the lock of `store`; None if none does."""
    try:
        file = os.open(lock_of(store), os.O_RDONLY | os.O_CLOEXEC)
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
