"""Putting what a source says into the catalogue, some thousands a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from antiphon import Connection, Transaction, errors

from .entering import Entering, Known
from .entry import Entry, Notice, Refused, SongEntry
from .report import Report, Tally

CHUNK = 5_000
"""Entries a transaction: each commit writes every page of every index that it touched, so few are cheap;
others who write to the same folder wait for one transaction, about half a second."""


class Intake:
    """Takes entries into a catalogue. What is there already stays, so that the same again adds nothing."""

    def __init__(self, connection: Connection, report: Report) -> None:
        self._connection = connection
        self._report = report
        self._known = Known(connection)

    def take(
        self, entries: Iterable[Entry], before: Callable[[Sequence[SongEntry]], None] | None = None
    ) -> None:
        """Take all entries. `before` is called with the songs of each transaction, before it is written.

        Raises:
            Problem: the store takes no writes; what came before is kept.
        """
        stream = iter(entries)
        while chunk := list(islice(stream, CHUNK)):
            usable: list[Entry] = []
            for entry in chunk:
                if isinstance(entry, Refused):
                    self._report.refuse(entry)
                elif isinstance(entry, Notice):
                    self._report.notices.append(entry)
                else:
                    usable.append(entry)
            if before:
                before([entry for entry in usable if isinstance(entry, SongEntry)])
            self._write(usable)

    def _write(self, entries: list[Entry]) -> None:
        """Write entries in one transaction; if one stops it, each in its own, so that only it is left out."""
        try:
            counts = self._connection.write(lambda tx: self._enter(tx, entries))
        except errors.Problem as problem:
            self._known.forget()
            if problem.status >= 500:
                raise
            if len(entries) > 1:
                for entry in entries:
                    self._write([entry])
            else:
                self._leave_out(entries[0], problem)
            return
        self._known.keep()
        for kind, tally in counts.items():
            self._report.counts[kind].add(tally)

    def _enter(self, tx: Transaction, entries: list[Entry]) -> dict[str, Tally]:
        # A store may run a command again, so each run starts from what is committed.
        self._known.forget()
        entering = Entering(tx, self._known)
        for entry in entries:
            entering.enter(entry)
        return entering.counts

    def _leave_out(self, entry: Entry, problem: errors.Problem) -> None:
        reason = "; ".join(f"{fault.field}: {fault.detail}" for fault in problem.errors) or problem.detail
        place = getattr(entry, "place", type(entry).__name__)
        if isinstance(entry, SongEntry):
            self._report.refuse(Refused(place, reason))
        else:
            self._report.notices.append(Notice(place, f"left out: {reason}"))
