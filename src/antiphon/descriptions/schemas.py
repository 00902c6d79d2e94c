"""The components of a resource: its records, bodies and pages. And problem documents."""

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

from msgspec import NODEFAULT, structs, to_builtins

from antiphon.descriptions.values import PREFIX, Json, Values, given, nullable
from antiphon.errors import Problem
from antiphon.resources import NAMED, Action, Declaration, Field

POSITION = r"^[a-z0-9]{4,32}-(0|[1-9][0-9]{0,17})$"
ID: Json = {"type": "string", "pattern": f"^{NAMED.pattern}$"}
UNNAMED: Json = {
    "type": "string",
    "pattern": ID["pattern"].replace("{1,", "{0,"),
    "description": "As in the URL; or empty, or left out.",
}
REVISION: Json = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1}


def refer(name: str) -> Json:
    """A reference to the schema `name`."""
    return {"$ref": PREFIX + name}


def record_schemas(declaration: Declaration[Any], name: str, values: Values) -> Json:
    """The components of one resource, by name: the record as `name`, what is derived as `name.Part`."""
    fields = {field.name: value_schema(field, values) for field in declaration.fields}
    record = {field.name: _without_default(fields[field.name]) for field in declaration.shown}
    record["id"] = ID | {"description": "Given by the service (a UUIDv7), or by the client with `PUT`."}
    record["revision"] = REVISION | {"description": "The number of the position at which it last changed."}
    written = {field.name: fields[field.name] for field in declaration.fields if given(field)}
    required = [field.name for field in declaration.fields if field.required]
    current = {
        "id": ID | {"description": "As in the URL, or left out."},
        "revision": REVISION | {"minimum": 0, "description": "The current one; 0, or left out: any."},
    }
    named = {"id": ID | {"description": "The record to create or to replace."}}
    meaning = cleandoc(declaration.resource.__doc__ or f"A record at `{declaration.path}`.")
    parts = {
        "": _object(record, list(record), meaning),
        ".Selection": _object(record, ["id", "revision"], f"What `fields` selects of {name}."),
        ".Create": _body(written, required, f"{name}, without what the service gives."),
        ".Replace": _body(current | {"id": UNNAMED} | written, required, f"{name}, whole."),
        ".Named": _body(named | written, ["id", *required], f"{name}, whole, with its id."),
        ".Patch": _body(
            current
            | {field.name: _patched(field, fields) for field in declaration.fields if field.name in written},
            [],
            f"What is to change in {name} (JSON Merge Patch, RFC 7396). Null stands for null where the "
            "field may be null, and for its default elsewhere.",
        ),
        ".Page": _object(
            {
                "items": {"type": "array", "items": {"anyOf": [refer(name), refer(f"{name}.Selection")]}},
                "next": {
                    "type": ["string", "null"],
                    "format": "uri-reference",
                    "description": "The URL of the next page, to be taken as it is; null on the last.",
                },
            },
            ["items", "next"],
            f"A page: each {name} that matches.",
        ),
        ".Items": _object(
            {"items": {"type": "array", "items": refer(name)}},
            ["items"],
            f"Each {name} that was sent, as it is now, in the order sent.",
        ),
    }
    return {name + part: schema for part, schema in parts.items()}


def value_schema(field: Field, values: Values) -> Json:
    """What a value of `field` may be, by the same type that checks it."""
    schema = values.of(field.checked)
    if field.reference is not None:
        schema["pattern"] = ID["pattern"]
    elif "pattern" in schema:  # Python's own anchors, in the words of ECMA 262, which JSON Schema takes
        schema["pattern"] = schema["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
    if field.choices:  # in the order declared
        schema["enum"] = [*field.choices, *([None] if field.nullable else [])]
    if field.kind == "integer":
        schema["format"] = "int64"
    if field.options.read_only or field.callers:
        schema["readOnly"] = True
    elif field.options.hidden:
        schema["writeOnly"] = True
    if field.callers:
        pass  # its default is not a value
    elif field.options.default is not NODEFAULT:
        schema["default"] = to_builtins(field.options.default)
    elif field.options.default_factory is not NODEFAULT:
        schema["default"] = to_builtins(field.options.default_factory())
    if field.options.example is not None:
        schema["examples"] = [to_builtins(field.options.example)]
    if field.options.unit is not None:
        schema["x-unit"] = field.options.unit
    if description := describe(field):
        schema["description"] = description
    return schema


def argument_types(action: Action) -> list[Any]:
    """The types that an action's arguments mention."""
    return [each.type for each in structs.fields(action.arguments)]


def arguments_schema(action: Action, values: Values) -> Json:
    """The body that runs an action."""
    properties, required = {}, []
    for argument in structs.fields(action.arguments):
        properties[argument.name] = values.of(argument.type)
        if argument.required:
            required.append(argument.name)
        elif argument.default is not NODEFAULT:
            properties[argument.name]["default"] = to_builtins(argument.default)
    return _body(properties, required, f"What {action.name} is given.")


def describe(field: Field) -> str:
    """What people are told of `field` beyond its type."""
    options, said = field.options, []
    if options.description is not None:
        said.append(options.description.rstrip(".") + ".")
    if field.reference is not None:
        target = field.reference
        said.append(f"An id of {target if isinstance(target, str) else target.__name__}.")
    if options.unit is not None:
        said.append(f"In {options.unit}.")
    if options.unique:
        said.append("No two records have the same.")
    if field.callers:
        said.append("The id of who created the record.")
    if options.set_once:
        said.append("Given when the record is created, and not changed.")
    if options.folded:
        said.append("Compared and ordered with case and accents folded.")
    return " ".join(said)


def problem_schema(kinds: Iterable[type[Problem]]) -> Json:
    """A problem document, with a table of the `kinds` that there are."""
    table = "".join(f"| {kind.status} | `{kind.code}` | {kind.title} |\n" for kind in kinds)
    error = {
        "field": {"type": "string", "description": "The field; empty: the whole record."},
        "detail": {"type": "string", "description": "What is wrong with it."},
        "item": {"type": "integer", "minimum": 0, "description": "Its place in a body of many, from 0."},
    }
    return _object(
        {
            "type": {"type": "string", "format": "uri", "description": "The code as a URI."},
            "title": {"type": "string", "description": "What kind of problem it is."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "string", "description": "The kind of problem, for programs; stable."},
            "detail": {"type": "string", "description": "What is wrong; names the value at fault."},
            "hint": {"type": "string", "description": "What to do about it."},
            "errors": {
                "type": "array",
                "description": "Each value at fault, where there may be several.",
                "items": _object(error, ["field", "detail"], "One value at fault."),
            },
            "request_id": {"type": "string", "description": "Names the request in the service's log."},
        },
        ["type", "title", "status", "code", "detail"],
        f"A problem document (RFC 9457).\n\n| status | code | meaning |\n|---|---|---|\n{table}",
    )


def problem_of(kinds: list[type[Problem]]) -> Json:
    """A problem document of one status and some codes."""
    return {
        "allOf": [refer("Problem")],
        "properties": {
            "status": {"const": kinds[0].status},
            "code": {"enum": [kind.code for kind in kinds]},
        },
    }


def _patched(field: Field, fields: Json) -> Json:
    schema = _without_default(fields[field.name])
    if field.kind == "json" and schema.get("type", "object") in ("object", ["object", "null"]):
        # a patch holds only the members that change, so what the whole must hold says nothing of it
        schema = {"type": "object", "description": "Merged into the present value, member by member."}
    return schema if field.required and not field.nullable else nullable(schema)


def _object(properties: Json, required: list[str], description: str) -> Json:
    schema: Json = {"type": "object", "description": description, "properties": properties}
    return schema | ({"required": required} if required else {})


def _body(properties: Json, required: list[str], description: str) -> Json:
    return _object(properties, required, description) | {"additionalProperties": False}


def _without_default(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "default"}
