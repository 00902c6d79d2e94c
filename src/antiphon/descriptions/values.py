"""JSON Schemas (2020-12) of Python types, as msgspec reads and writes them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from antiphon.resources import Field

Json = dict[str, Any]
PREFIX = "#/components/schemas/"
OWN = "values.json."
"""What the names of components for nested types begin with; no resource's component has two dots."""


class Values:
    """The schemas of all types that one document mentions, made together so that no two share a name.

    `records` names the components of resources, which stand for their classes wherever these are mentioned.
    """

    def __init__(self, types: Iterable[Any], records: Mapping[type, str]) -> None:
        self._types = [*records, *types]
        schemas, nested = msgspec.json.schema_components(
            self._types, schema_hook=lambda _: {}, ref_template=PREFIX + OWN + "{name}"
        )
        known = {
            schema["$ref"]: PREFIX + name for schema, name in zip(schemas, records.values(), strict=False)
        }
        self._schemas = [_renamed(schema, known) for schema in schemas]
        self.components: Json = {
            OWN + name: _renamed(schema, known)
            for name, schema in nested.items()
            if PREFIX + OWN + name not in known
        }

    def of(self, mentioned: Any) -> Json:
        """The schema of one of the types."""
        return one_type(self._schemas[self._types.index(mentioned)])


def one_type(schema: Json) -> Json:
    """`{"type": ["string", "null"], …}` instead of an `anyOf`, where that says the same."""
    if schema.get("anyOf", [])[1:] == [{"type": "null"}]:
        inner = one_type(schema["anyOf"][0])
        if "type" in inner:
            return nullable({key: value for key, value in schema.items() if key != "anyOf"} | inner)
    texts = all(isinstance(choice, str) for choice in schema.get("enum", [None]))
    return {"type": "string", **schema} if texts else dict(schema)


def nullable(schema: Json) -> Json:
    """`schema`, which says a type, or null."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return schema
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [kind, "null"]} | choices


def _renamed(schema: Any, known: Mapping[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: known.get(value, value) if key == "$ref" else _renamed(value, known)
            for key, value in schema.items()
        }
    return [_renamed(each, known) for each in schema] if isinstance(schema, list) else schema


def given(field: Field) -> bool:
    """Whether clients give the field's value."""
    return field.name not in ("id", "revision") and not field.options.read_only and not field.callers
