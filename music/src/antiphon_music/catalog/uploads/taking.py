"""Taking: the process that reads one uploaded table into the catalogue.

`python -m antiphon_music.catalog.uploads.taking DATA ID`
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from antiphon import Connection, Transaction

from ...naming import slug
from ...surroundings import here
from ..application import catalogue
from ..imports.intake import Intake
from ..imports.report import Report
from ..imports.songs import SongFiles
from ..imports.table import Unusable
from .resources import Import, folder_of

PAUSE = 0.25
"""Seconds between two times that is told how far it is."""
TOLD = 20
"""So many rows and remarks are told of."""


class Stopped(Exception):
    """Somebody has put the import away."""


def take(connection: Connection, data: Path, id: str) -> None:
    """Read the table of an import, and tell in its record how far it is, as long as that is there."""
    record = connection.find(Import, id=id)
    if record is not None:
        with suppress(Stopped):
            _read(connection, folder_of(data, id) / record.name, record)


def _read(connection: Connection, path: Path, record: Import) -> None:
    report = Report()
    telling = Telling(connection, record.id, report)
    telling.tell(state="running", read=0)
    files = SongFiles(path, slug(path.stem) or "songs")
    try:
        Intake(connection, report).take(files.entries(report, telling.advance))
    except Unusable as error:
        telling.tell(state="failed", told=[str(error).replace(str(path), record.name)])
    else:
        telling.tell(state="done", read=record.size, told=_told(report, path))


class Telling:
    """Says in the record of an import how far it is; raises `Stopped` if that is no longer there."""

    def __init__(self, connection: Connection, id: str, report: Report) -> None:
        self._connection = connection
        self._id = id
        self._report = report
        self._last = time.monotonic()

    def advance(self, read: int) -> None:
        """So many bytes have been read."""
        if time.monotonic() - self._last >= PAUSE:
            self.tell(read=read)

    def tell(self, **fields: object) -> None:
        """Have the record say so, and what was counted."""
        songs = self._report.counts["songs"]
        counted = {name: getattr(songs, name) for name in ("added", "unchanged", "updated", "refused")}

        def command(tx: Transaction) -> bool:
            found = tx.find(Import, id=self._id)
            if found is not None:
                tx.update(found, **fields, **counted)
            return found is not None

        if not self._connection.write(command):
            raise Stopped
        self._last = time.monotonic()


def _told(report: Report, path: Path) -> list[str]:
    rows = [f"{each.place}: {each.reason}" for each in report.refused[:TOLD]]
    notices = [f"{each.place}: {each.text}" for each in report.notices[:TOLD]]
    return [each.replace(str(path), path.name)[:500] for each in (*rows, *notices, *report.remarks)][:TOLD]


def _end_with_parent() -> None:
    """End when the server does, however that ends: nothing is ever written to this pipe but its end."""
    while os.read(0, 1):  # not through sys.stdin, which Python cannot close while a thread reads it
        pass
    os._exit(1)


def main() -> None:
    """Take one in, and let everything else go first."""
    data, id = Path(sys.argv[1]), sys.argv[2]
    Thread(target=_end_with_parent, daemon=True).start()
    os.nice(10)
    with catalogue(here(data)).connect(data) as connection:
        take(connection, data, id)


if __name__ == "__main__":
    main()
