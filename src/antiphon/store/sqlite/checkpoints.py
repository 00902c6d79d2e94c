"""Checkpoints, on a thread of their own: what waits for a commit does not wait for them."""

import threading
from contextlib import suppress
from pathlib import Path

import apsw

from antiphon.store.sqlite.connection import BUSY_SECONDS, connect, patient

PAGES = 16_000
"""Pages in the write-ahead log at which it is copied back: 64 MB. Indexes touch the same pages again and
again; the longer the log, the more often a page is written there for once that it is copied."""
FEW = 1000
"""Pages that may be left to the writer: under steady writing the thread never comes to the end of the log,
and only a log that is copied whole begins anew."""
PASSES = 3
READERS_SECONDS = 0.005
"""How long the writer waits for those who read what is only in the log; nobody writes meanwhile."""


class Checkpoints:
    """Copies the write-ahead log back into the file each time that it has grown by `PAGES`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._due = threading.Event()
        self._closed = False
        self._pages = 0
        self._next = PAGES
        self.nearly = False
        """Whether so little of the log is left to copy that the writer should, between two commits."""
        self._thread = threading.Thread(target=self._run, name="antiphon-checkpoints", daemon=True)
        self._thread.start()

    def watch(self, connection: apsw.Connection) -> None:
        """Learn from the writer's connection how long the log is after each commit."""

        def committed(_: apsw.Connection, __: str, pages: int) -> int:
            if pages < self._pages:  # it began anew
                self._next = PAGES
            self._pages = pages
            if pages >= self._next:
                self._next = pages + PAGES
                self._due.set()
            return apsw.SQLITE_OK

        connection.set_wal_hook(committed)

    def finish(self, connection: apsw.Connection) -> None:
        """Copy back what the thread has not, on the writer's connection, between two commits.

        No other process writes meanwhile, and who begins to read then reads from the file: so the log begins
        anew, however steadily several processes write.
        """
        self.nearly = False
        connection.set_busy_handler(patient(READERS_SECONDS))
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        except apsw.Error:  # a long reader, another process that is at it, a full disk: it stays where it is
            self._next = self._pages + FEW
        finally:
            connection.set_busy_handler(patient(BUSY_SECONDS))

    def close(self) -> None:
        self._closed = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        connection = connect(self._path, writes=True)
        while True:
            self._due.wait()
            self._due.clear()
            for _ in range(PASSES):
                if self._pages - _copy(connection) < FEW:
                    break
            if self._closed:
                connection.close()
                return
            self.nearly = True


def _copy(connection: apsw.Connection) -> int:
    """Copy what can be; how many pages of the log are then copied."""
    with suppress(apsw.Error):  # a full disk: the log stays where it is, and nothing is lost
        return connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)[1]
    return 0
