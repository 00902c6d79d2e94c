"""What an import did: counts by kind, and each refused row with its place and reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from .entry import Notice, Refused

KINDS = ("songs", "artists", "albums", "genres")


@dataclass
class Tally:
    """How many records of one kind an import added, left as they were, changed, or refused."""

    added: int = 0
    unchanged: int = 0
    updated: int = 0
    refused: int = 0

    def add(self, other: Tally) -> None:
        """Count what `other` counted, too."""
        self.added += other.added
        self.unchanged += other.unchanged
        self.updated += other.updated
        self.refused += other.refused


@dataclass
class Report:
    """The outcome of an import. `remarks` are about the source as a whole, such as its encoding.

    `rows` is what the rows of the source are.
    """

    rows: str = "songs"
    counts: dict[str, Tally] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for kind in dict.fromkeys((self.rows, *KINDS)):
            self.counts.setdefault(kind, Tally())

    def refuse(self, refused: Refused) -> None:
        """Count a row that cannot be used."""
        self.counts[self.rows].refused += 1
        self.refused.append(refused)

    @property
    def usable(self) -> bool:
        """Whether anything of the source is in the catalogue now."""
        return any(tally.added or tally.unchanged or tally.updated for tally in self.counts.values())
