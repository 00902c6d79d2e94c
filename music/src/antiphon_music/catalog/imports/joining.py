"""Two tables that refer to each other: `tracks.csv` with a column that names a row of `releases.csv`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .entry import Notice
from .table import Row, Unusable
from .values import text


@dataclass(frozen=True)
class Reference:
    """Where a column of the songs' table leads: to the rows of `path` whose `theirs` equals `mine`."""

    path: Path
    theirs: str
    mine: str

    @classmethod
    def parse(cls, written: str) -> Reference:
        """Read `releases.csv:id`, or `releases.csv:id=release_id` if the columns' names differ.

        Raises:
            Unusable: it has another form.
        """
        file, colon, columns = written.rpartition(":")
        theirs, _, mine = columns.partition("=")
        if not colon or not file or not theirs:
            raise Unusable(f"{written!r} is no join. Write FILE:COLUMN, such as releases.csv:id.")
        return cls(Path(file), theirs, mine or theirs)


@dataclass
class Joined:
    """The table that a reference leads to, in memory, by key."""

    reference: Reference
    columns: list[str] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, row: Row) -> Notice | None:
        """Keep a row of the other table; a key that comes again is told, and its first row kept."""
        if not self.columns:
            if self.reference.theirs not in row.cells:
                raise Unusable(
                    f"{self.reference.path} has no column {self.reference.theirs!r}; "
                    f"there are {', '.join(row.cells)}."
                )
            self.columns = [column for column in row.cells if column != self.reference.theirs]
        found = text(row.cells.pop(self.reference.theirs))
        if found in self.rows:
            return Notice(
                row.place, f"repeats {self.reference.theirs} {found!r}; the first row with it counts"
            )
        self.rows[found] = row.cells
        return None

    def extend(self, row: Row) -> tuple[Row, Notice | None]:
        """The row with the cells of the one that it refers to; its own come first."""
        reference = text(row.cells.get(self.reference.mine))
        other = self.rows.get(reference)
        if other is not None:
            return Row(row.place, {**other, **row.cells}), None
        if self.reference.mine not in row.cells:
            raise Unusable(
                f"{row.place}: there is no column {self.reference.mine!r} to join by; "
                f"there are {', '.join(row.cells)}. Write FILE:COLUMN=COLUMN."
            )
        return row, Notice(
            row.place, f"refers to {reference!r}, which {self.reference.path.name} doesn't have"
        )
