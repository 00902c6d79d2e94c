"""Carrying records over from one form of a table to another."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from antiphon.errors import Problem
from antiphon.resources import Declaration, Field
from antiphon.store.sqlite.forms import TableForm

EXAMPLES = 5
"""Records named when something is wrong with many."""


class Carried(Struct):
    """A record as the new declaration has it.

    `changed` tells whether it differs from what decoding the old one would give, so that the log has to
    tell of it.
    """

    record: Any
    encoded: bytes
    changed: bool


class Carrier:
    """Takes the records of one table over, and counts what that costs, by field.

    A value that its field can no longer hold is converted if that loses nothing of it; else it becomes
    null, or where that is not allowed the default; else it is unfit, and its record cannot be carried.

    `replaced` counts values that became null or the default, `filled` nulls that became the default,
    `cut` JSON values that lost members, `unfit` what is said above, with ids in `examples`; `unreadable`
    counts records that the new declaration cannot decode as they lie, `rewritten` those whose JSON comes
    out different.
    """

    def __init__(
        self,
        declaration: Declaration[Any],
        old: TableForm,
        new: TableForm,
        exists: Callable[[str, str], bool],
    ) -> None:
        self._declaration = declaration
        self._exists = exists
        self._removed = not old.fields.keys() <= new.fields.keys()
        self._converted = set()
        self._reshaped = set()
        self._referring = {}
        for name in old.fields.keys() & new.fields.keys():
            was, now = old.fields[name], new.fields[name]
            if was.kind != now.kind:
                self._converted.add(name)
            elif now.kind == "json" and was.type != now.type:
                self._reshaped.add(name)
            if now.reference is not None and was.reference != now.reference:
                self._referring[name] = now.reference
        self._plainly = not (self._converted or self._reshaped or self._referring)
        self.replaced: Counter[str] = Counter()
        self.filled: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()
        self.unfit: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}
        self.unreadable = 0
        self.rewritten = 0

    def carry(self, stored: bytes) -> Carried | None:
        """The record that is `stored`, in the new form; None if a value of it is unfit."""
        declaration = self._declaration
        try:
            plain = declaration.decode(stored)
            before = declaration.encode(plain)
        except (msgspec.DecodeError, Problem):
            before = None
            self.unreadable += 1
        else:
            if self._plainly:
                try:
                    record = declaration.check(plain)
                    return self._carried(stored, record, self._removed)
                except Problem:
                    pass  # a constraint is broken: find which
        values = msgspec.json.decode(stored)
        kept: dict[str, Any] = {}
        altered = False
        for field in declaration.fields:
            if field.name in values:
                altered |= self._fit(field, values, kept)
        try:
            record = declaration.parse(msgspec.json.encode(kept))
            encoded = declaration.encode(record)
        except Problem:
            return None
        return self._carried(stored, record, self._removed or altered or encoded != before)

    def _carried(self, stored: bytes, record: Any, changed: bool) -> Carried:
        encoded = self._declaration.encode(record)
        self.rewritten += encoded != stored
        return Carried(record, encoded, changed)

    def _fit(self, field: Field, values: dict[str, Any], kept: dict[str, Any]) -> bool:
        """Put the value of `field` into `kept`, unless its default has to do; whether something was lost."""
        value = values[field.name]
        try:
            kept[field.name] = converted = self._convert(field, value)
        except ValueError:
            if field.nullable:
                kept[field.name] = None
            elif field.required:
                self.unfit[field.name] += 1
                self.examples.setdefault(field.name, []).append(values["id"])
                del self.examples[field.name][EXAMPLES:]
                return True
            (self.filled if value is None else self.replaced)[field.name] += 1
            return True
        if field.name in self._reshaped and not _covers(converted, value):
            self.cut[field.name] += 1
            return True
        return False

    def _convert(self, field: Field, value: Any) -> Any:
        """`value` as JSON has it for `field`; raises if there is no such value."""
        name = field.name
        foreign = name in self._converted and value is not None
        if foreign:
            if field.kind == "text" and not isinstance(value, str):
                value = msgspec.json.encode(value).decode()
            elif field.kind in ("integer", "number") and isinstance(value, bool):
                value = int(value)
            if field.kind == "number" and isinstance(value, int) and int(float(value)) != value:
                raise ValueError("a number has no room for all its digits")
        if name in self._referring and value is not None and not self._exists(self._referring[name], value):
            raise ValueError("it refers to nothing")
        converted = msgspec.convert(value, field.checked, strict=not foreign)
        if foreign and (converted is None or (isinstance(converted, float) and not math.isfinite(converted))):
            raise ValueError("it is a word for nothing")
        return msgspec.to_builtins(converted)


def _covers(new: Any, old: Any) -> bool:
    """Whether the JSON value `new` has all that is in `old`."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and _covers(new[name], value) for name, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_covers, new, old))
    return bool(new == old)
