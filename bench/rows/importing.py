"""The import of 63,479 songs from a CSV file, beside `executemany` of the rows that it makes."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

from antiphon import Application
from antiphon_music.catalog.imports.intake import Intake
from antiphon_music.catalog.imports.report import Report
from antiphon_music.catalog.imports.songs import SongFiles
from bench import tables
from bench.catalog import CATALOGUE, NAME
from bench.comparison import Comparison, require
from bench.peers import many_rows
from bench.trial import Trial, database

ARCHIVE = 63_479
TABLES = ("genres", "artists", "albums", "songs")
"""In the order in which they refer to each other."""


def compare(trial: Trial) -> Iterator[Comparison]:
    """Both from an empty file; the importer reads, checks and names what the peer has ready in memory."""
    count = trial.size(ARCHIVE)
    imports = Imports(trial, count)
    row = Comparison(f"import of {count:,} songs", "`executemany` of the same rows", "songs/s", "rate", 0.3)
    row.alternate(imports.antiphon, imports.executemany, trial.rounds)
    made = ", ".join(f"{number:,} {table}" for table, number in imports.counts.items())
    row.notes.append(f"each made {made}, and a log entry for each")
    yield row


class Imports:
    """The same songs by the importer and by `executemany`."""

    def __init__(self, trial: Trial, count: int) -> None:
        self.trial, self.count = trial, count
        self.file = trial.fresh("csv") / "songs.csv"
        rows, ids = trial.songs.rows[:count], trial.songs.ids
        with self.file.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "title", "artist", "album", "length"))
            for number, row in enumerate(rows):
                id = ids[number] if number < len(ids) else f"made-up-{number}"
                writer.writerow((id, row["title"], row["artist"], row["album"], row["length"]))
        self.source: Path | None = None
        self.counts: dict[str, int] = {}

    def antiphon(self) -> float:
        """Songs a second by the importer, reading the file included."""
        folder = self.trial.fresh("import")
        app, report = Application(*CATALOGUE, name=NAME), Report()
        start = time.perf_counter()
        with app.connect(folder) as connection:
            Intake(connection, report).take(SongFiles(self.file).entries(report, lambda _: None))
            seconds = time.perf_counter() - start
        self.counts = {table: report.counts[table].added for table in TABLES}
        require(
            self.counts["songs"] == self.count, f"{self.counts['songs']} songs were added, not {self.count}"
        )
        self.source = database(folder)
        tables.check_log(self.source, self.counts)
        return self.count / seconds

    def executemany(self) -> float:
        """Songs a second by `executemany`, from rows in memory."""
        assert self.source, "the importer's rows are what the peer writes"
        target = tables.copy_schema(self.source, self.trial.fresh("many") / "many.db")
        work = []
        for table, order in (*((table, "revision") for table in TABLES), ("antiphon_log", "position")):
            rows = tables.rows(self.source, tables.select(self.source, table, order))
            work.append((tables.insert(self.source, table), rows))
        seconds = many_rows.run(target, work)
        tables.check_same(self.source, target, TABLES)
        return self.count / seconds
