"""Programs that react to each other: `ANTIPHON_PART` says which runs, `ANTIPHON_SOURCE` where the other is.

A play cannot be handled while the data folder has a file `faults` that names it.
"""

import os
import sys
from pathlib import Path

import msgspec

from antiphon import Application, Change, Resource, Services, Transaction, field, react, serve

FAULTS = Path(os.environ.get("ANTIPHON_DATA", "data")) / "faults"


class Play(Resource):
    listener: str


class Ledger(Resource):
    """What was handled for one listener, in order."""

    entries: list[str] = field(default_factory=list)


class Total(Resource):
    plays: int = 0


class Heard(msgspec.Struct):
    listener: str


@react(to="social/plays", key="listener", pause=0.05, tries=3, owns=(Ledger,))
def note(change: Change[Heard], tx: Transaction) -> None:
    assert change.after is not None
    known = tx.find(Ledger, id=change.after.listener) or Ledger()
    tx.put(Ledger(id=change.after.listener, entries=[*known.entries, change.id]))
    if FAULTS.exists() and change.id in FAULTS.read_text().split():
        raise ValueError(f"{change.id} cannot be handled")


@react(to=Ledger)
def total(change: Change[Ledger], tx: Transaction) -> None:
    assert change.after is not None
    before = 0 if change.before is None else len(change.before.entries)
    known = tx.find(Total, id="all") or Total(id="all")
    tx.put(Total(id="all", plays=known.plays + len(change.after.entries) - before))


social = Application(Play, name="social")
source = os.environ.get("ANTIPHON_SOURCE")
charts = Application(
    Ledger,
    Total,
    name="charts",
    reactions=(note, total),
    sources={"social": source} if source else {},
)
PARTS: dict[str, Application | Services] = {
    "social": social,
    "charts": charts,
    "both": Services(social, charts),
}

if __name__ == "__main__":
    sys.exit(0 if serve(PARTS[os.environ["ANTIPHON_PART"]]) else 1)
