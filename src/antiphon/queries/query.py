"""Queries: filter, order, page and field selection."""

from typing import Any, Generic

import msgspec
from msgspec import Struct

from antiphon.queries.filter import EVERYTHING, Filter
from antiphon.queries.matches import comparable
from antiphon.resources import Declaration, Field, R


class Term(Struct, frozen=True):
    """One field to order by. Null is least: first when ascending, last when descending."""

    field: Field
    descending: bool = False


Order = tuple[Term, ...]
"""Always ends with the id, so that no two records are equal in it."""


class Query(Struct, Generic[R], frozen=True):
    """What a client asks for, of one resource.

    `limit` is None for all; `after` holds the order's values of the last record of the page before;
    `fields` names the fields to show (`id` and `revision` always are), None for all.
    """

    declaration: Declaration[R]
    filter: Filter = EVERYTHING
    order: Order = ()
    limit: int | None = None
    after: tuple[Any, ...] | None = None
    fields: tuple[str, ...] | None = None

    @property
    def ordered(self) -> bool:
        """Whether it asks for an order of its own, not just by id."""
        return len(self.order) > 1 or any(term.descending for term in self.order)


class Selection:
    """Cuts a stored record down to the fields of a query, those that it has."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.names = ("id", "revision", *(name for name in fields if name not in ("id", "revision")))
        self._decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        self._encode = msgspec.json.Encoder().encode

    def __call__(self, stored: bytes) -> bytes:
        members = self._decode(stored)
        return self._encode({name: members[name] for name in self.names if name in members})


class Key:
    """The place of records in an order: `key(record)` are the values a cursor holds, `sortable` compare."""

    def __init__(self, order: Order) -> None:
        self._values = tuple(comparable(term.field) for term in order)
        self._descending = tuple(term.descending for term in order)

    def __call__(self, record: Any) -> tuple[Any, ...]:
        return tuple(value(record) for value in self._values)

    def sortable(self, record: Any) -> "Sortable":
        return Sortable(self(record), self._descending)


class Sortable:
    """A key that compares as the order says."""

    __slots__ = ("_descending", "_values")

    def __init__(self, values: tuple[Any, ...], descending: tuple[bool, ...]) -> None:
        self._values = values
        self._descending = descending

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sortable) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __lt__(self, other: "Sortable") -> bool:
        for mine, theirs, descending in zip(self._values, other._values, self._descending, strict=True):
            if mine == theirs:
                continue
            if mine is None or theirs is None:
                return (mine is None) != descending
            return (mine < theirs) != descending  # type: ignore[no-any-return]
        return False
