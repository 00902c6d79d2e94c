"""Trials: what a reaction would write, written and taken back."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from msgspec import Struct

from antiphon.errors import AntiphonError
from antiphon.log import Change, Position, Row
from antiphon.operations.interfaces import Store
from antiphon.operations.react.handling import Handling
from antiphon.operations.react.reaction import Reaction
from antiphon.operations.transaction import Transaction
from antiphon.operations.write import write_and_wait


class Tried(Struct, frozen=True):
    """What became of one entry: the changes that it would make, or the error."""

    entry: Row
    changes: list[Change[Any]]
    error: BaseException | None


class _Enough(Exception):
    """All was tried: now it is taken back."""


def try_out(
    reaction: Reaction, entries: Iterable[tuple[Position, Row]], service: str, max_depth: int, store: Store
) -> list[Tried]:
    """What `reaction` would do with entries of the log of `service`, one after the other.

    It is done in one transaction of `store`, which is then undone; others who write wait meanwhile.

    Raises:
        AntiphonError: the reaction is one to the outside world, where nothing can be taken back.
    """
    if reaction.waits:
        raise AntiphonError(
            f"The reaction {reaction.name} acts outside of the store.", "There is nothing to try it on."
        )
    found: list[Tried] = []
    handling = Handling(reaction, service, max_depth)

    def command(tx: Transaction) -> None:
        for at, row in entries:
            before = len(tx.changes)
            error = handling.attempt(tx, reaction.change(row), at)
            found.append(Tried(row, tx.changes[before:], error))
        raise _Enough

    with suppress(_Enough):
        write_and_wait(command, store)
    return found
