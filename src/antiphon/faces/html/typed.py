"""What was typed into a form, as the JSON that every other client sends."""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from antiphon.errors import FieldError, Invalid, InvalidQuery, Malformed
from antiphon.queries import parse_value
from antiphon.resources import Action, Declaration, Field
from antiphon.server.takes import FORM_FIELDS

_MINUTES = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d+)?)?")
LEFT_OUT = object()


def is_lines(field: Field) -> bool:
    """Whether a field holds a list of texts: a form has them as lines."""
    return holds_lines(field.checked)


def holds_lines(wanted: Any) -> bool:
    """The same of a type."""
    stack, found = [wanted], False
    while stack:
        hint = stack.pop()
        found |= get_origin(hint) is list and get_args(hint) == (str,)
        if get_origin(hint) in (Union, UnionType, Annotated) or hasattr(hint, "__metadata__"):
            stack += get_args(hint)[:1] if hasattr(hint, "__metadata__") else get_args(hint)
    return found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of a form (application/x-www-form-urlencoded); of a name that comes again the last counts.

    So a hidden `false` before a checkbox tells that it is not checked. Raises `Malformed`.
    """
    try:
        found = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
    except ValueError:
        raise Malformed(
            "The form cannot be read.", f"Send UTF-8, and at most {FORM_FIELDS} fields."
        ) from None
    return {name: value.replace("\r\n", "\n") for name, value in found}


def new_record(declaration: Declaration[Any], typed: Mapping[str, str]) -> bytes:
    """A record to create; raises `Invalid` for what is no value of its field."""
    return _encoded(declaration, typed, changing=False)


def changes_of(declaration: Declaration[Any], typed: Mapping[str, str]) -> bytes:
    """A merge patch of the fields that were given; raises `Invalid`."""
    return _encoded(declaration, typed, changing=True)


def arguments_of(action: Action, typed: Mapping[str, str]) -> bytes:
    """The body of an action; raises `Invalid`."""
    given: dict[str, Any] = {
        field.encode_name: _lines(typed[field.encode_name])
        if holds_lines(field.type)
        else typed[field.encode_name]
        for field in msgspec.structs.fields(action.arguments)
        if typed.get(field.encode_name, "") != "" or (field.required and field.encode_name in typed)
    }
    unknown = typed.keys() - {field.encode_name for field in msgspec.structs.fields(action.arguments)}
    try:
        return msgspec.json.encode(
            msgspec.convert(
                {**given, **{name: typed[name] for name in unknown}}, action.arguments, strict=False
            )
        )
    except msgspec.ValidationError as error:
        what, _, where = str(error).rpartition(" - at `$.")
        name = where.rstrip("`").partition(".")[0]
        errors = [FieldError(name, f"{what}.")] if what else []
        raise Invalid(f"{action.name}: {str(error)[:200]}.", "Correct it.", errors=errors) from None


def _encoded(declaration: Declaration[Any], typed: Mapping[str, str], *, changing: bool) -> bytes:
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, text in typed.items():
        field = declaration.by_name.get(name)
        try:
            value = text if field is None or name == "id" else _value(field, text, changing)
        except InvalidQuery as problem:
            errors.append(FieldError(name, problem.hint))
            continue
        if value is not LEFT_OUT:
            values[name] = value
    if errors:
        first = errors[0]
        raise Invalid(f"{first.field}: {first.detail}", "Correct what is marked.", errors=errors)
    return msgspec.json.encode(values)


def _value(field: Field, text: str, changing: bool) -> Any:
    """The value that a text stands for; raises `InvalidQuery` with a hint."""
    if text.strip() == "" and (field.kind != "text" or field.choices or field.reference or field.nullable):
        if field.options.hidden:
            return LEFT_OUT
        if field.required and not field.nullable:
            raise InvalidQuery(f"{field.name} is empty.", "A value is required.")
        return None if changing or field.nullable else LEFT_OUT
    if field.kind == "text":
        return LEFT_OUT if text == "" and field.options.hidden else text
    if is_lines(field):
        return _lines(text)
    if field.kind == "json":
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            raise InvalidQuery(f"{field.name} is no JSON.", 'Write JSON, such as ["one", "two"].') from None
    if field.kind == "datetime" and (found := _MINUTES.fullmatch(text)) is not None:
        text = f"{found[1]}{found[2] or ':00'}Z"  # as browsers give it: of no zone; the label says UTC
    value = parse_value(field, text.strip())
    return text if field.kind == "datetime" else value
