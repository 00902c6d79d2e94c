"""Examples: from what fields say, or made to fit their schemas."""

from typing import Any

import msgspec

from antiphon.descriptions.values import PREFIX, Json, given
from antiphon.resources import Declaration, Field

ID = "0198f2b4-7c1e-7a50-8d3f-5b6c7d8e9f01"
OTHER_ID = "0198f2b4-6a00-7b11-9c22-1d2e3f405162"
INCARNATION = "k3v9x2m7"
REVISION = 42
POSITION = f"{INCARNATION}-{REVISION}"
CURSOR = "WyJpZCIsIjAxOThmMmI0LTdjMWUtN2E1MC04ZDNmLTViNmM3ZDhlOWYwMSJd"
DEEPEST = 6
"""Levels of a type that refers to itself that an example has."""


def media_type(schema: Json, shown: Any) -> Json:
    """How a representation looks, with an example unless that is None."""
    return {"schema": schema} | ({} if shown is None else {"example": shown})


def record_example(declaration: Declaration[Any], components: Json, name: str) -> Json | None:
    """A record as it is answered; None if a value cannot be made up."""
    found = {"id": ID, "revision": REVISION} | _values(declaration, components, name, references=True)
    return found if len(found) == len(declaration.shown) else None


def create_example(declaration: Declaration[Any], components: Json, name: str) -> Json | None:
    """A body that creates a record: it refers to others only where it must. None if it cannot be made up."""
    body = _values(declaration, components, name, references=False)
    return body if all(field.name in body for field in declaration.fields if field.required) else None


def patch_example(declaration: Declaration[Any], components: Json, name: str) -> Json:
    """A body that changes one field."""
    body = _values(declaration, components, name, references=False)
    return dict(list(body.items())[:1])


def field_example(declaration: Declaration[Any], field: Field, components: Json, name: str) -> Any:
    """A value of `field`; None if none can be made up."""
    if field.options.example is not None:
        return msgspec.to_builtins(field.options.example)
    if field.reference is not None:
        return OTHER_ID
    shown, written = components[name]["properties"], components[f"{name}.Create"]["properties"]
    schema = shown[field.name] if field.name in shown else written[field.name]
    made = example(schema, components, field.name.replace("_", " ").capitalize())
    candidates = [made]
    if field.kind == "text" and isinstance(made, str):
        candidates += [made.lower(), made.upper(), "a" * len(made), "A" * len(made), "0" * len(made)]
    for candidate in candidates:
        try:
            msgspec.convert(candidate, field.checked)
        except msgspec.ValidationError:
            continue
        return candidate
    return None


def example(schema: Json, components: Json, text: str, depth: int = 0) -> Any:
    """A value that fits `schema`, patterns aside; texts say `text`."""
    if "$ref" in schema:
        return example(components[schema["$ref"].removeprefix(PREFIX)], components, text, depth + 1)
    if schema.get("default") not in (None, "", [], {}):
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        nothing = {"type": "null"}
        if nothing in schema["anyOf"] and depth >= DEEPEST:
            return None
        return example(next(each for each in schema["anyOf"] if each != nothing), components, text, depth)
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    match kind:
        case "string":
            return _text(schema, text)
        case "integer" | "number":
            return _number(schema, kind)
        case "boolean":
            return False
        case "array":
            several = schema.get("prefixItems") or [schema.get("items", {"type": "string"})]
            fits = depth < DEEPEST and isinstance(several[0], dict)
            return [example(each, components, text, depth + 1) for each in several] if fits else []
    members = schema.get("properties", {})
    shown = schema.get("required", []) if depth else members
    return {
        key: example(members[key], components, key.replace("_", " ").capitalize(), depth + 1) for key in shown
    }


def _values(declaration: Declaration[Any], components: Json, name: str, *, references: bool) -> Json:
    found = {}
    for field in declaration.shown if references else declaration.fields:
        if field.name in ("id", "revision") or (
            not references and (not given(field) or (field.reference is not None and not field.required))
        ):
            continue
        value = field_example(declaration, field, components, name)
        if value is not None:
            found[field.name] = value
        elif field.nullable:
            found[field.name] = None
    return found


def _text(schema: Json, text: str) -> str:
    match schema.get("format"):
        case "date":
            return "2026-01-31"
        case "date-time":
            return "2026-01-31T12:00:00Z"
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    made = text if len(text) >= least else (text + " " + "a" * least)[:least]
    return made[:most]


def _number(schema: Json, kind: str) -> int | float:
    least, most = schema.get("minimum"), schema.get("maximum")
    over, under = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if over is not None and under is not None:
        return int((over + under) // 2) if kind == "integer" else (over + under) / 2
    number = 180 if kind == "integer" else 180.5
    lowest = least if least is not None else over + 1 if over is not None else number
    highest = most if most is not None else under - 1 if under is not None else number
    return min(max(number, lowest), highest)
