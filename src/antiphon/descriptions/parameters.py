"""Parameters: what a URL's query string and the headers of a request may say."""

from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins

from antiphon.descriptions.examples import CURSOR, ID, POSITION
from antiphon.descriptions.schemas import ID as ID_SCHEMA
from antiphon.descriptions.schemas import POSITION as POSITION_PATTERN
from antiphon.descriptions.values import Json
from antiphon.queries import OPERATORS, defaults, order_text
from antiphon.resources import Declaration, Field
from antiphon.settings import Settings

TEXTUAL = ("contains", "startswith")
MEANINGS = {
    "eq": "equals this",
    "ne": "does not equal this",
    "lt": "is less than this",
    "lte": "is at most this",
    "gt": "is more than this",
    "gte": "is at least this",
    "in": "is one of these; those with commas, parentheses or quotes in double quotes",
    "contains": "contains this",
    "startswith": "starts with this",
    "null": "is null (`true`) or is not (`false`)",
}
TYPES: dict[str, Json] = {
    "text": {"type": "string"},
    "integer": {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
TAGS = r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$'
"""Entity tags (RFC 9110, 8.8.3), in a list, or `*`."""


def operators(field: Field) -> tuple[str, ...]:
    """The operators that apply to `field`."""
    if field.kind == "json":
        return ("null",)
    return tuple(name for name in OPERATORS if field.kind == "text" or name not in TEXTUAL)


def filter_parameters(declaration: Declaration[Any]) -> Json:
    """One component a field and operator, by its key: `songs.genre`, `songs.length.gte`."""
    found = {}
    usual: Json = {f"{each.field.name}.{each.operator}": each.value for each in defaults(declaration)[0]}
    for field in sorted(declaration.shown, key=lambda field: field.name in ("id", "revision")):
        for operator in operators(field):
            plain = operator == "eq"
            key = f"{declaration.table}.{field.name}" + ("" if plain else f".{operator}")
            name = field.name if plain else f"{field.name}[{operator}]"
            found[key] = {
                "name": name,
                "in": "query",
                "description": f"`{field.name}` {MEANINGS[operator]}.{_remark(field, operator)}",
                **_value(field, operator),
            }
            if (said := f"{field.name}.{operator}") in usual:
                found[key]["description"] += f" It is so by default, unless `{field.name}` is compared."
                value = to_builtins(usual[said])
                found[key]["schema"] = found[key]["schema"] | {"default": value}
    return found


def query_parameters(declaration: Declaration[Any], settings: Settings) -> Json:
    """Components for what orders, pages and selects, by key: `songs.order`."""
    ordered = [field.name for field in declaration.shown if field.kind != "json"]
    names = [field.name for field in declaration.shown]
    prefix = f"{declaration.table}."
    usual = defaults(declaration)[1]
    without = "by id" if usual is None else f"`{order_text(usual)}`; in a stream without `limit`, none"
    return {
        prefix + "order": _query(
            "order",
            "Fields to order by, most significant first; `-` before one for descending. Null is least. "
            f"Without it: {without}.",
            {
                "type": "array",
                "items": {"type": "string", "enum": [sign + name for name in ordered for sign in ("", "-")]},
                "uniqueItems": True,
            },
            [f"-{ordered[-1]}", ordered[0]],
            style="form",
            explode=False,
        ),
        prefix + "fields": _query(
            "fields",
            "Fields to answer with; `id` and `revision` always are. Without it: all.",
            {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1},
            names[2:4] or names[:1],
            style="form",
            explode=False,
        ),
        prefix + "limit": _query(
            "limit",
            f"Records in a page; without it {settings.page_size}. In NDJSON: in all; without it, no bound.",
            {"type": "integer", "minimum": 1, "maximum": settings.max_page_size},
            settings.page_size,
        ),
    }


def shared_parameters() -> Json:
    """Components that every resource uses."""
    position = {"type": "string", "pattern": POSITION_PATTERN}
    return {
        "id": {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The record's id.",
            "schema": ID_SCHEMA | {"examples": [ID]},
        },
        "id.any": {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "An id; there need be no record of it.",
            "schema": {"type": "string", "examples": [ID]},
        },
        "or": _query(
            "or",
            "Any of these comparisons, within parentheses and between commas; `or=(…)` and `and=(…)` may be "
            "nested in it. Values with commas, parentheses or quotes go in double quotes.",
            {"type": "string", "pattern": r"^\(.*\)$"},
            "(revision=1,and=(revision[gte]=5,revision[lt]=9))",
        ),
        "and": _query(
            "and",
            "All of these comparisons, written as in `or`.",
            {"type": "string", "pattern": r"^\(.*\)$"},
            "(revision[gte]=5,revision[lt]=9)",
        ),
        "after": _query(
            "after",
            "Where a page begins, as the page before says in `next`. Opaque; good for the same order.",
            {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
            CURSOR,
        ),
        "from": _query(
            "from",
            "For `text/event-stream`: follow what changes after this position, without the list of what is "
            "there; `now` for the newest.",
            {"type": "string", "pattern": POSITION_PATTERN.replace("^", "^(now|", 1)[:-1] + ")$"},
            POSITION,
        ),
        "If-Match": _header(
            "If-Match",
            "Write only if the record's entity tag is one of these (RFC 9110, 13.1.1); `*`: if it exists.",
            {"type": "string", "pattern": TAGS},
            f'"{POSITION}"',
        ),
        "If-None-Match": _header(
            "If-None-Match",
            "Answer 304 if the entity tag is one of these (RFC 9110, 13.1.2).",
            {"type": "string", "pattern": TAGS},
            f'"{POSITION}"',
        ),
        "If-None-Match.write": _header(
            "If-None-Match",
            "Write only if the record has none of these entity tags (RFC 9110, 13.1.2); `*`: if it has none.",
            {"type": "string", "pattern": TAGS},
            "*",
        ),
        "Antiphon-Min-Position": _header(
            "Antiphon-Min-Position",
            "Wait, for a bounded time, until the answer is at least as new as this: read your own writes.",
            position,
            POSITION,
        ),
        "Last-Event-ID": _header(
            "Last-Event-ID",
            "For `text/event-stream`: the id of the last event seen, as a browser sends it when it comes "
            "back; the stream goes on after it.",
            {"type": "string"},
            POSITION,
        ),
        "Idempotency-Key": _header(
            "Idempotency-Key",
            "A value of your own, new for each write. The same write sent again under it is not done again: "
            "the first answer comes again.",
            {"type": "string", "minLength": 1, "maxLength": 255},
            "f3b5a4e0-92b1-4f0e-8c3f-2f1f0a1d7c55",
        ),
    }


def event_parameters(settings: Settings, paths: Sequence[str]) -> list[Json]:
    """What `/events` takes; `paths` are those of the resources."""
    return [
        _query(
            "from",
            "Begin after this position; `oldest`: with the oldest entry kept; `now`: after the newest.",
            {"type": "string", "pattern": POSITION_PATTERN.replace("^", "^(now|oldest|", 1)[:-1] + ")$"},
            POSITION,
        ),
        _query(
            "limit",
            f"Events in a batch; a stream has no bound. Without it: {settings.page_size}.",
            {"type": "integer", "minimum": 1, "maximum": settings.max_page_size},
            settings.page_size,
        ),
        _header(
            "Last-Event-ID",
            "The id of the last event seen, instead of `from`. As a browser sends it when it comes back.",
            {"type": "string", "pattern": POSITION_PATTERN.replace("^", "^(", 1)[:-1] + ")?$"},
            POSITION,
        ),
        _query("type", "Events of this type, such as `song.added`.", {"type": "string"}, "song.added"),
        _query("subject", "Events of this record.", {"type": "string"}, f"/songs/{ID}"),
        _query("resource", "Events of the records of this resource.", {"enum": list(paths)}, paths[0]),
        _query("source", "Events of this service.", {"type": "string"}, "/catalog"),
    ]


def refer(key: str) -> Json:
    """A reference to the component `key`."""
    return {"$ref": f"#/components/parameters/{key}"}


def _remark(field: Field, operator: str) -> str:
    if operator == "null":
        return ""
    unit = f" In {field.options.unit}." if field.options.unit else ""
    return unit + (" Case and accents do not count." if field.options.folded else "")


def _value(field: Field, operator: str) -> Json:
    if operator == "null":
        return {"schema": {"type": "boolean"}}
    schema = TYPES[field.kind]
    if field.choices:
        schema = schema | {"examples": list(field.choices)}
    elif field.options.example is not None:
        schema = schema | {"examples": [to_builtins(field.options.example)]}
    if operator == "in":
        several = {"type": "array", "items": schema, "minItems": 1}
        return {"schema": several, "style": "form", "explode": False}
    return {"schema": schema}


def _query(name: str, description: str, schema: Json, example: Any, **style: Any) -> Json:
    return _parameter("query", name, description, schema, example) | style


def _header(name: str, description: str, schema: Json, example: str) -> Json:
    return _parameter("header", name, description, schema, example)


def _parameter(place: str, name: str, description: str, schema: Json, example: Any) -> Json:
    # The example is the schema's: pages that try requests out send a parameter's own as its value.
    return {
        "name": name,
        "in": place,
        "description": description,
        "schema": schema | {"examples": [example]},
    }
