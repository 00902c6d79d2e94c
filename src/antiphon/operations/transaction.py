"""What a command may do: read and change records, inside the writer's transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from antiphon.access import refusal
from antiphon.errors import AlreadyExists, Invalid, NotFound, nearest
from antiphon.log import Change, ChangeKind, Row
from antiphon.operations.interfaces import Context, Rows
from antiphon.queries import simple_query
from antiphon.resources import NAMED, Declaration, R, Resource, declare, uuid7

SPILL = 2000
"""Changes that one command keeps in memory; beyond, they go to the log as they are made."""


class Transaction:
    """State and log, changed together or not at all.

    Commands get one; they must not keep it. What they read includes what they wrote. A record that a
    method returns is a copy: changing it changes nothing until it is given to `put` or `update`.
    """

    __slots__ = (
        "_context",
        "_declaration",
        "_first",
        "_rows",
        "_time",
        "changes",
        "guarded",
        "number",
        "rows",
        "spilled",
    )

    def __init__(self, rows: Rows, number: int, time: str, context: Context) -> None:
        self._rows = rows
        self._time = time
        self._context = context
        self.rows = rows
        self.number = number
        self.changes: list[Change[Any]] = []
        self.guarded = False
        self.spilled = False
        self._first: Change[Any] | None = None
        self._declaration: Declaration[Any]

    @property
    def caller(self) -> str | None:
        """The id of who this is done for, if known."""
        return self._context.caller.id

    @property
    def now(self) -> datetime:
        """The time of this transaction, UTC; the same for all its changes."""
        return datetime.fromisoformat(self._time)

    def get(self, resource: type[R], id: str) -> R:
        """The record with this id; raises `NotFound`."""
        declaration = declare(resource)
        return declaration.decode(self.stored(declaration, id))

    def find(self, resource: type[R], **equals: Any) -> R | None:
        """The first record, by id, whose fields equal these; None if there is none."""
        return next(iter(self.select(resource, limit=1, **equals)), None)

    def select(
        self, resource: type[R], *, order: str = "", limit: int | None = None, **equals: Any
    ) -> list[R]:
        """Records whose fields equal these, ordered by "field,-field" (default: id), at most `limit`."""
        query = simple_query(resource, order, equals)
        return [query.declaration.decode(stored) for stored in self._rows.page(query, limit)]

    def create(self, record: R) -> R:
        """Add a record; its id is a UUIDv7 unless it names one. Returns it with id and revision.

        Raises:
            Invalid: it breaks its declaration, or refers to what is not there.
            AlreadyExists, NotUnique: its id or a unique key is taken.
        """
        return self.add(declare(type(record)).check(record))

    def put(self, record: R) -> R:
        """Create the record under its id, or replace the one that is there. Raises as `create` does.

        A record that is the same already stays as it is, with its revision, and makes no change.
        """
        declaration = declare(type(record))
        checked = declaration.check(record)
        before = self._rows.fetch(declaration, checked.id) if checked.id else None
        return self.add(checked) if before is None else self.replace(checked, before)

    def update(self, record: R, **fields: Any) -> R:
        """Give fields of the stored record new values; raises `NotFound`, and as `put` does."""
        declaration = declare(type(record))
        before = self.stored(declaration, record.id)
        current = declaration.decode(before)
        for name, value in fields.items():
            if name not in declaration.by_name or name in ("id", "revision"):
                raise Invalid(
                    f"{declaration.name} has no field {name!r} to update.",
                    nearest(name, list(declaration.by_name)),
                )
            setattr(current, name, value)
        checked = declaration.check(current)
        return self.replace(checked, before)

    def delete(self, record: Resource) -> None:
        """Remove the record; raises `NotFound`, `StillReferenced`."""
        declaration = declare(type(record))
        self.remove(declaration, record.id, self.stored(declaration, record.id))

    # What faces use: records that are checked already, and their stored form.

    def stored(self, declaration: Declaration[Any], id: str) -> bytes:
        """The stored record; raises `NotFound`."""
        found = self._rows.fetch(declaration, id)
        if found is None:
            raise not_found(declaration, id)
        return found

    def add(self, record: R) -> R:
        """Insert a checked record."""
        declaration = declare(type(record))
        self.fill(record)
        if not record.id:
            record.id = uuid7()
        elif not NAMED.fullmatch(record.id):
            raise Invalid(
                f"The id {record.id[:80]!r} cannot be used.", "Use 1 to 64 letters, digits, - and _."
            )
        record.revision = self.number + 1
        encoded = declaration.encode(record)
        self._guard()
        self._rows.insert(declaration, declaration.row(record, encoded))
        self._log(declaration, record.id, "added", None, encoded)
        return record

    def fill(self, record: R) -> R:
        """Put the caller's id where a field's default is that; raises `NotSignedIn` if it is not known."""
        for field in declare(type(record)).callers:
            if getattr(record, field.name) == "":
                if self.caller is None and not field.nullable:
                    raise refusal(
                        False, f"{field.name} is to be who creates the record, and nobody is known to."
                    )
                setattr(record, field.name, self.caller)
        return record

    def replace(self, record: R, before: bytes, *, same_too: bool = False) -> R:
        """Replace the stored record `before` by a checked one; if nothing differs, only with `same_too`."""
        declaration = declare(type(record))
        record.revision = declaration.decode(before).revision
        if not same_too and declaration.encode(record) == before:
            return record
        record.revision = self.number + 1
        encoded = declaration.encode(record)
        self._guard()
        self._rows.replace(declaration, declaration.row(record, encoded))
        self._log(declaration, record.id, "changed", before, encoded)
        return record

    def remove(self, declaration: Declaration[Any], id: str, before: bytes) -> None:
        """Delete the stored record `before`."""
        self._guard()
        self._rows.delete(declaration, id)
        self._log(declaration, id, "removed", before, None)

    def attempt(self, command: Callable[["Transaction"], Any], context: Context) -> BaseException | None:
        """Run a command as a part of this one, under its own context; if it fails, it alone is undone.

        Returns what it raised; raises only what the whole batch is lost to.
        """
        if not self.guarded:  # once its changes are among ours, a part cannot take them back by itself
            self._rows.guard()
            self.guarded = True
        part = Transaction(self._rows, self.number, self._time, context)
        try:
            command(part)
        except BaseException as error:
            self._rows.check(error)
            part.undo()
            return error
        self._rows.check()
        if part.guarded:
            self._rows.keep()
        self.number = part.number
        self.changes += part.changes
        self.spilled |= part.spilled
        return None

    def undo(self) -> None:
        """Take back all that was done.

        A savepoint costs as much as a row. So one is opened only before the second write, and the first
        is taken back by its opposite, which nothing can hinder: all that came after it is undone already.
        """
        if self.guarded:
            self._rows.undo()
        if (first := self._first) is not None:
            declaration = self._declaration
            if (before := first.before) is None:
                self._rows.delete(declaration, first.id)
            else:
                assert first.before_json is not None
                row = declaration.row(before, first.before_json)
                (self._rows.insert if first.after_json is None else self._rows.replace)(declaration, row)

    def _guard(self) -> None:
        if self._first is not None and not self.guarded:
            self._rows.guard()
            self.guarded = True

    def _log(
        self,
        declaration: Declaration[Any],
        id: str,
        kind: ChangeKind,
        before: bytes | None,
        after: bytes | None,
    ) -> None:
        self.number = number = self.number + 1
        context = self._context
        row: Row = (
            number,
            self._time,
            declaration.path,
            id,
            kind,
            before,
            after,
            context.caller.id,
            context.cause,
            context.trace,
        )
        change = Change(row, declaration.decode)
        self.changes.append(change)
        if self._first is None:
            self._first = change
            self._declaration = declaration
        if len(self.changes) >= SPILL:
            self._rows.append(self.changes)
            self.changes = []
            self.spilled = True


def not_found(declaration: Declaration[Any], id: str) -> NotFound:
    """What to say of an id that no record has."""
    return NotFound(f"There is no {declaration.name} {id[:80]!r}.", f"List them at {declaration.path}.")


def taken(declaration: Declaration[Any], id: str) -> AlreadyExists:
    """What to say of an id that a record has already."""
    return AlreadyExists(
        f"There is a {declaration.name} {id!r} already.", f"Replace it with PUT {declaration.path}/{id}."
    )
