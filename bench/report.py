"""The table, on the screen and in RESULTS.md."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import machine
from bench.comparison import Comparison
from bench.trial import Trial

RESULTS = Path(__file__).with_name("RESULTS.md")
HEADINGS = ("work", "limit or peer", "unit", "Antiphon", "limit or peer's", "ratio", "reach", "reached")
NOTES = """\
Medians of {rounds} alternating runs of each side, after one to warm up. "rate" is better high, a time better
low; the ratio is always Antiphon's figure over the other's. Servers run on the first core, load comes from
the second; rows without a server may use both. Every run is checked: rows are counted, held to the log and
to what was acknowledged; bodies are compared byte for byte; followers have each change once and in order."""


def number(value: float) -> str:
    """A figure with as many digits as it deserves."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cells(row: Comparison) -> tuple[str, ...]:
    """One line of the table."""
    ours = number(median(row.ours)) if row.ours else "-"
    theirs = number(median(row.theirs)) if row.theirs else "-"
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    return (row.work, row.peer, row.unit, ours, theirs, ratio, row.goal, row.verdict)


def progress(row: Comparison) -> None:
    """Tell of a row as soon as it is there."""
    line = cells(row)
    print(
        f"{line[0]} | {line[1]}: {line[3]} / {line[4]} {line[2]} = {line[5]} ({line[6]}: {line[7]})",
        flush=True,
    )
    for note in (*row.notes, *(each for each in (row.failure, row.absent) if each)):
        print(f"    {note}", flush=True)


def show(found: list[Comparison]) -> None:
    """Print the table."""
    table = Table(*HEADINGS, title="bench")
    for row in found:
        colour = {"yes": "green", "NO": "red", "WRONG": "bold red", "ABSENT": "yellow"}.get(row.verdict, "")
        table.add_row(*cells(row), style=colour)
    Console(width=max(Console().width, 160)).print(table)


def write(found: list[Comparison], trial: Trial) -> Path:
    """Write RESULTS.md: the table, the machine, and every single figure."""
    lines = ["# Results of `make bench`", "", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC.", ""]
    lines += [NOTES.format(rounds=trial.rounds), ""]
    lines += _markdown(HEADINGS, [cells(row) for row in found])
    if failures := [f"- **{row.work}**: {row.failure}" for row in found if row.failure]:
        lines += ["", "## Wrong answers", "", *failures]
    if absent := [f"- {row.work}, beside {row.peer}: {row.absent}." for row in found if row.absent]:
        lines += ["", "## What could not be run", "", *absent]
    lines += ["", "## Notes", ""]
    lines += [f"- {row.work}, beside {row.peer}: {note}." for row in found for note in row.notes]
    lines += [f"- Data: {trial.songs.origin}."]
    lines += ["", "## Machine", "", *_markdown(("what", "value"), machine.describe(trial.folder))]
    lines += ["", "## All figures", "", "In the order in which they were taken.", ""]
    figures = [
        (row.work, row.peer, row.unit, _each(row.ours), _each(row.theirs)) for row in found if row.ours
    ]
    lines += _markdown(("work", "limit or peer", "unit", "Antiphon", "limit or peer's"), figures)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return RESULTS


def _each(figures: list[float]) -> str:
    return " · ".join(number(figure) for figure in figures) or "-"


def _markdown(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    body = [headings, tuple("---" for _ in headings), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in body]
