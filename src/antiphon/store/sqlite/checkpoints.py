"""Checkpoints, on a thread of their own: what waits for a commit does not wait for them."""

import threading
from contextlib import suppress
from pathlib import Path

import apsw

from antiphon.store.sqlite.connection import connect

PAGES = 8000
"""Pages in the write-ahead log at which it is copied back: 32 MB. Indexes touch the same pages again and
again; the longer the log, the more often a page is written there for once that it is copied."""
LONG = 2 * PAGES
"""Pages at which the writer pauses for the rest to be copied: under steady writing the thread never comes
to the end of the log, and only a log that is copied whole begins anew."""


class Checkpoints:
    """Copies the write-ahead log back into the file whenever it has grown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._due = threading.Event()
        self._closed = False
        self.long = False
        self._thread = threading.Thread(target=self._run, name="antiphon-checkpoints", daemon=True)
        self._thread.start()

    def watch(self, connection: apsw.Connection) -> None:
        """Learn from the writer's connection how long the log is after each commit."""

        def committed(_: apsw.Connection, __: str, pages: int) -> int:
            if pages >= PAGES:
                self._due.set()
            self.long = pages >= LONG
            return apsw.SQLITE_OK

        connection.set_wal_hook(committed)

    def finish(self, connection: apsw.Connection) -> None:
        """Copy back what the thread has not, on the writer's connection, between two commits."""
        self.long = False
        _copy(connection)

    def close(self) -> None:
        self._closed = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        connection = connect(self._path, writes=True)
        while True:
            self._due.wait()
            self._due.clear()
            _copy(connection)
            if self._closed:
                connection.close()
                return


def _copy(connection: apsw.Connection) -> None:
    with suppress(apsw.Error):  # a full disk: the log stays where it is, and nothing is lost
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
