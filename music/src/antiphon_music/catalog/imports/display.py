"""What a person sees of an import: a progress bar while it runs, and a table when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from .report import Report

_NOTICES = 20


@contextmanager
def progress(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar; the block is given a function to tell how much of `total` is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def show(console: Console, report: Report) -> None:
    """Print what was refused and why, what is worth knowing, and the closing table."""
    for refused in report.refused:
        console.print(f"[red]refused[/red] {escape(refused.place)}: {escape(refused.reason)}", soft_wrap=True)
    for notice in report.notices[:_NOTICES]:
        console.print(f"[yellow]note[/yellow] {escape(notice.place)}: {escape(notice.text)}", soft_wrap=True)
    if len(report.notices) > _NOTICES:
        console.print(f"[yellow]note[/yellow] … and {len(report.notices) - _NOTICES} more such notes")
    for remark in report.remarks:
        console.print(escape(remark), soft_wrap=True)
    table = Table("", "added", "unchanged", "updated", "refused")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, tally in report.counts.items():
        numbers = (tally.added, tally.unchanged, tally.updated, tally.refused)
        table.add_row(kind, *(f"{number:,}" for number in numbers))
    console.print(table)
