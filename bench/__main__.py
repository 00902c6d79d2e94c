"""`python -m bench`: run the rows, print the table, write RESULTS.md."""

import argparse
import signal
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from bench import report
from bench.comparison import Comparison, WrongAnswer
from bench.server import allow_many_connections
from bench.trial import Trial

ROWS = (
    "creating",
    "posting",
    "reading",
    "paging",
    "rendering",
    "importing",
    "answering",
    "storing",
    "following",
    "gathering",
    "pacing",
    "choosing",
    "sharing",
    "multiplying",
    "reacting",
    "music",
    "showing",
    "signing_in",
    "idling",
    "footprint",
)


def main() -> int:
    """Run what the command line asks for; 1 if an answer was wrong. A missed goal is told, and no failure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these: {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=5, help="alternating runs of each side (default 5)")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the work, to try the benchmarks")
    parser.add_argument(
        "--folder", type=Path, help="where to keep files: a folder on a real disk (default: /tmp)"
    )
    asked = parser.parse_args()
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"unknown row {min(unknown)!r}: choose from {', '.join(ROWS)}")
    allow_many_connections()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of what ends the servers
    found: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-", dir=asked.folder) as folder:
        trial = Trial(Path(folder), asked.rounds, asked.quick)
        print(f"{trial.songs.origin}\n")
        for name in asked.rows or ROWS:
            found += run(name, trial)
        whole = not asked.rows and not asked.quick and asked.rounds >= 5
        report.show(found)
        if whole:
            print(f"\nwritten: {report.write(found, trial)}")
        else:
            print("\nRESULTS.md is written by a whole run alone: all rows, at least five rounds, not --quick")
    return int(any(row.failure for row in found))


def run(name: str, trial: Trial) -> list[Comparison]:
    """The comparisons of one file of rows; what goes wrong ends them, and is one of them."""
    found: list[Comparison] = []
    try:
        for row in import_module(f"bench.rows.{name}").compare(trial):
            found.append(row)
            report.progress(row)
    except Exception as error:  # the other rows are still worth having
        if not isinstance(error, WrongAnswer):
            traceback.print_exc()
        found.append(Comparison(name, "-", "-", "rate", None, failure=f"{type(error).__name__}: {error}"))
        report.progress(found[-1])
    return found


if __name__ == "__main__":
    sys.exit(main())
