"""The waist: read, write and follow. Every protocol translates to these and back."""

from antiphon.operations.interfaces import Context, Deliver, Remembered, Rows, Snapshot, Store, TakesTime
from antiphon.operations.read import Page
from antiphon.operations.service import Service
from antiphon.operations.transaction import Transaction, not_found, simple_query, taken
from antiphon.operations.write import Command, Pending, write, write_and_wait

__all__ = [
    "Command",
    "Context",
    "Deliver",
    "Page",
    "Pending",
    "Remembered",
    "Rows",
    "Service",
    "Snapshot",
    "Store",
    "TakesTime",
    "Transaction",
    "not_found",
    "simple_query",
    "taken",
    "write",
    "write_and_wait",
]
