"""Queries that code asks: by values, not by text."""

from typing import Any

from msgspec import ValidationError, convert

from antiphon.errors import Invalid, nearest
from antiphon.queries.cursor import TYPES
from antiphon.queries.filter import And, Compare, Filter
from antiphon.queries.query import Query, Term
from antiphon.resources import Declaration, Field, R, declare


def simple_query(resource: type[R], order: str = "", values: dict[str, Any] | None = None) -> Query[R]:
    """The query for records whose fields equal `values`, ordered by "field,-field"; raises `Invalid`."""
    declaration = declare(resource)
    terms: list[Filter] = [equals(declaration, name, value) for name, value in (values or {}).items()]
    listed = [name for name in order.split(",") if name]
    ordered = [Term(_field(declaration, name.removeprefix("-")), name.startswith("-")) for name in listed]
    ordered.append(Term(declaration.by_name["id"]))
    return Query(declaration, terms[0] if len(terms) == 1 else And(tuple(terms)), tuple(ordered))


def equals(declaration: Declaration[Any], name: str, value: Any) -> Filter:
    """The comparison of a field with a value of its type, None for null; raises `Invalid`."""
    field = _field(declaration, name)
    if field.kind == "json":
        raise Invalid(f"{name} is kept as JSON.", "Select by another field.")
    if value is None:
        return Compare(field, "null", True)
    try:
        return Compare(field, "eq", convert(value, TYPES[field.kind]))
    except ValidationError as error:
        raise Invalid(f"{name}: {error}.", "Give a value of the field's type.") from None


def _field(declaration: Declaration[Any], name: str) -> Field:
    if name not in declaration.by_name:
        raise Invalid(f"{declaration.name} has no field {name!r}.", nearest(name, list(declaration.by_name)))
    return declaration.by_name[name]
