"""The form of a schema: what decides how records lie in the file, written into the file itself.

A file that says what its tables were declared as can be compared with new declarations exactly: with
their constraints, defaults and references, of which its columns tell nothing.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import NODEFAULT, UNSET, Struct, UnsetType

from antiphon.resources import Declaration, Field


class FieldForm(Struct, frozen=True, omit_defaults=True):
    """One field. `type` is the JSON Schema of its values, `reference` the table whose ids it holds.

    `default` is in JSON's terms; it is unset for a required field, and for one whose default is made
    anew each time.
    """

    kind: str
    type: dict[str, Any]
    nullable: bool = False
    required: bool = False
    folded: bool = False
    reference: str | None = None
    default: Any | UnsetType = UNSET

    @property
    def layout(self) -> tuple[Any, ...]:
        """What its columns depend on."""
        return self.kind, self.nullable, self.folded, self.reference


class TableForm(Struct, frozen=True):
    """One resource's table: `path` is how the log names it; `fields` are in declared order."""

    path: str
    fields: dict[str, FieldForm]
    uniques: list[list[str]]
    indexes: list[list[str]]

    @property
    def layout(self) -> list[tuple[Any, ...]]:
        """What its columns, and the order of its records' members, depend on."""
        return [(name, *form.layout) for name, form in self.fields.items()]


Form = dict[str, TableForm]
"""The form of a whole schema, by table."""


def write_form(declarations: Iterable[Declaration[Any]]) -> str:
    """The form that `declarations` ask for, as text. Equal forms are equal texts."""
    tables: Form = {}
    known = sorted(declarations, key=lambda each: each.table)
    by_target = {name: each.table for each in known for name in (each.name, each.resource)}
    for each in known:
        tables[each.table] = TableForm(
            each.path,
            {field.name: _field(field, by_target.get(field.reference)) for field in each.fields},
            sorted(map(list, each.uniques)),
            sorted(map(list, each.indexes)),
        )
    return msgspec.json.encode(tables).decode()


def read_form(text: str) -> Form:
    """The form that `write_form` wrote."""
    return msgspec.json.decode(text, type=Form)


def _field(field: Field, reference: str | None) -> FieldForm:
    options = field.options
    default: Any = UNSET
    if options.default is not NODEFAULT:
        default = options.default
    elif options.default_factory in (list, dict):
        default = options.default_factory()
    return FieldForm(
        field.kind,
        msgspec.json.schema(field.checked),
        nullable=field.nullable,
        required=field.required,
        folded=options.folded,
        reference=reference,
        default=default if default is UNSET else msgspec.to_builtins(default),
    )
