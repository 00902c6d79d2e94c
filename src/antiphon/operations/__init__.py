"""The waist: read, write and follow. Every protocol translates to these and back."""

from antiphon.operations.answers import Answer, concerned
from antiphon.operations.interfaces import (
    Bus,
    Context,
    Deliver,
    ReactionReads,
    ReactionRows,
    Remembered,
    Rows,
    Snapshot,
    Store,
    TakesTime,
)
from antiphon.operations.permitted import Permitted
from antiphon.operations.progress import Progress, Tally, Waiting
from antiphon.operations.read import Page, page
from antiphon.operations.rights import Rights
from antiphon.operations.service import Service
from antiphon.operations.transaction import Transaction, not_found, taken
from antiphon.operations.write import NOBODY, Command, Pending, write, write_and_wait

__all__ = [
    "NOBODY",
    "Answer",
    "Bus",
    "Command",
    "Context",
    "Deliver",
    "Page",
    "Pending",
    "Permitted",
    "Progress",
    "ReactionReads",
    "ReactionRows",
    "Remembered",
    "Rights",
    "Rows",
    "Service",
    "Snapshot",
    "Store",
    "TakesTime",
    "Tally",
    "Transaction",
    "Waiting",
    "concerned",
    "not_found",
    "page",
    "taken",
    "write",
    "write_and_wait",
]
