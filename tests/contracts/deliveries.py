"""What a store delivers, gathered."""

import threading
from typing import Any

from antiphon.log import Change
from antiphon.operations import Pending, Store


class Deliveries:
    """Listens to a store: `numbers` of all changes it was told of, in the order in which it was."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told = threading.Condition()
        self.batches: list[tuple[list[Pending], list[Change[Any]] | None, int]] = []
        with store.snapshot() as snapshot:
            self._head = snapshot.position.number
        self.numbers: list[int] = []
        store.deliver_to(self._deliver)

    def _deliver(self, waiting: list[Pending], changes: list[Change[Any]] | None, head: int) -> None:
        if changes is None:  # to be read from the log, as the live part does
            with self._store.snapshot() as snapshot:
                changes_ = snapshot.changes(self._head, head - self._head, head)
        else:
            changes_ = changes
        with self._told:
            self.batches.append((waiting, changes, head))
            self.numbers += [change.number for change in changes_]
            self._head = head
            self._told.notify_all()

    def wait_for(self, number: int, seconds: float = 30) -> None:
        """Return once the change of this number was told."""
        with self._told:
            assert self._told.wait_for(lambda: self._head >= number, seconds), f"{number} was not told"
