"""`music import songs`: songs from tables in files of several formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ...naming import slug
from .entry import Entry, Notice, Refused
from .files import READERS, bare, read_rows, suffix
from .joining import Joined, Reference
from .report import Report
from .song_table import SongTable
from .table import Advance, Rows, Unusable


@dataclass
class SongFiles:
    """What to import: a file, or a folder of files, and how to read it.

    `source` goes before the ids that the files give (default: the file's name without its suffix); `chosen`
    maps fields to columns; `join` leads to a second table; `encoding` names an encoding where guessing fails.
    """

    path: Path
    source: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    join: Reference | None = None
    encoding: str | None = None

    def files(self) -> list[Path]:
        """The files to read, in order of their names.

        Raises:
            Unusable: there is none.
        """
        if self.path.is_file():
            return [self.path]
        found = sorted(
            path
            for path in self.path.rglob("*")
            if suffix(path) in READERS and path.is_file() and not self._other(path)
        )
        if not found:
            what = "has no file that can be read" if self.path.is_dir() else "doesn't exist"
            raise Unusable(f"{self.path} {what}. Give a file, or a folder of files: {', '.join(READERS)}.")
        return found

    def size(self) -> int:
        """How many bytes there are to read."""
        return sum(path.stat().st_size for path in self.files())

    def entries(self, report: Report, advance: Advance) -> Iterator[Entry]:
        """Read all songs, one file after the other; remarks go to the report.

        Raises:
            Unusable: a file cannot be used at all; within a folder such a file is told and passed over.
        """
        files = self.files()
        table = SongTable(
            self.source or slug(Path(bare(self.path)).stem) or "songs", self.chosen, self._joined(report)
        )
        done = 0
        for path in files:
            try:
                for row in self._rows(path, report, partial(_further, advance, done)):
                    if isinstance(row, Refused):
                        yield row
                    else:
                        yield from table.read(row)
            except Unusable as error:
                if len(files) == 1:
                    raise
                yield Notice(self._label(path), f"passed over: {error}")
            done += path.stat().st_size
            advance(done)
        if table.mended:
            report.remarks.append(f"{table.mended} texts that were UTF-8 read as Latin-1 have been repaired.")
        if table.doubtful:
            report.remarks.append(
                f"{len(table.doubtful)} texts look like UTF-8 read as Latin-1 and are kept as they are, "
                f"such as {table.doubtful[0]!r}."
            )

    def _joined(self, report: Report) -> Joined | None:
        if self.join is None:
            return None
        joined = Joined(self.join)
        for row in self._rows(self.join.path, report, lambda _: None):
            if isinstance(row, Refused):
                report.notices.append(Notice(row.place, row.reason))
            elif notice := joined.add(row):
                report.notices.append(notice)
        return joined

    def _rows(self, path: Path, report: Report, advance: Advance) -> Rows:
        return read_rows(path, self._label(path), self.encoding, report, advance)

    def _label(self, path: Path) -> str:
        return (
            str(path.relative_to(self.path))
            if path != self.path and path.is_relative_to(self.path)
            else path.name
        )

    def _other(self, path: Path) -> bool:
        return self.join is not None and self.join.path.exists() and path.samefile(self.join.path)


def _further(advance: Advance, before: int, here: int) -> None:
    advance(before + here)
