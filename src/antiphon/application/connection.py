"""A synchronous way to an application's store, for scripts and imports."""

from collections.abc import Callable
from typing import Any, TypeVar

from antiphon.operations import Store, Transaction, not_found, write_and_wait
from antiphon.queries import simple_query
from antiphon.resources import R, declare

T = TypeVar("T")


class Connection:
    """Reads and writes in this process, durable when they return; a server may run on the same folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, command: Callable[[Transaction], T]) -> T:
        """Run `command` in one transaction and return its result; what it raises is raised here."""
        return write_and_wait(command, self._store)[0]

    def get(self, resource: type[R], id: str) -> R:
        """The record with this id; raises `NotFound`."""
        declaration = declare(resource)
        with self._store.snapshot() as snapshot:
            found = snapshot.fetch(declaration, id)
        if found is None:
            raise not_found(declaration, id)
        return declaration.decode(found)

    def find(self, resource: type[R], **equals: Any) -> R | None:
        """The first record, by id, whose fields equal these; None if there is none."""
        return next(iter(self.select(resource, limit=1, **equals)), None)

    def select(
        self, resource: type[R], *, order: str = "", limit: int | None = None, **equals: Any
    ) -> list[R]:
        """Records whose fields equal these, ordered by "field,-field" (default: id), at most `limit`."""
        query = simple_query(resource, order, equals)
        with self._store.snapshot() as snapshot:
            return [query.declaration.decode(stored) for stored in snapshot.page(query, limit)]

    def count(self, resource: type[R], **equals: Any) -> int:
        """How many records have fields that equal these."""
        with self._store.snapshot() as snapshot:
            return snapshot.count(simple_query(resource, "", equals))
