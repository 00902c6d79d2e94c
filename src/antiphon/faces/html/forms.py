"""Forms, made of declarations: types become inputs, constraints their attributes."""

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from antiphon.errors import Forbidden, NotSignedIn
from antiphon.faces.html.ask import Ask, Posted
from antiphon.faces.html.inputs import Input
from antiphon.faces.html.shown import calling, label_of, title_of, words
from antiphon.faces.html.typed import is_lines
from antiphon.resources import Action, Declaration, Field

MOST_OPTIONS = 100
"""Records that a reference is chosen from; of more, the first are suggested, and any id is taken."""
MULTILINE = 500
"""A text that may be longer than this has room for lines."""


class Form(Struct):
    """A form that is sent to `action`; `problem` is what is wrong with all of it."""

    action: str
    inputs: list[Input]
    revision: int = 0
    problem: Mapping[str, Any] | None = None


async def form_of(
    ask: Ask,
    declaration: Declaration[Any],
    path: str,
    record: Mapping[str, Any] | None = None,
    posted: Posted | None = None,
) -> Form:
    """The form that creates a record, or changes one, with what was typed before if it was refused."""
    posted = posted if posted is not None and posted.path == path else None
    inputs = []
    for field in declaration.fields:
        options = field.options
        if field.name in ("id", "revision") or field.callers or options.read_only:
            continue
        if record is not None and options.set_once:
            continue
        made = _input(field, record)
        if field.reference is not None:
            await _fill_reference(made, ask, field)
        inputs.append(_with_posted(made, posted))
    revision = 0 if record is None else int(record["revision"])
    return Form(path, inputs, revision, None if posted is None else posted.problem)


def action_form(action: Action, path: str, posted: Posted | None = None) -> Form:
    """The form that runs an action."""
    posted = posted if posted is not None and posted.path == path else None
    inputs = []
    for field in msgspec.structs.fields(action.arguments):
        hint, optional = _plain(field.type)
        default = "" if field.default is NODEFAULT or field.default is None else _text(field.default)
        made = Input(field.encode_name, words(field.encode_name), "text", default, field.required)
        if hint is bool:
            made.kind, made.required = "checkbox", False
        elif get_origin(hint) is list and get_args(hint) == (str,):
            made.kind, made.help = "textarea", "One a line."
            made.value = "\n".join(field.default) if isinstance(field.default, list) else ""
        elif hint in (int, float):
            made.kind, made.attributes = "number", {"step": "1" if hint is int else "any"}
        elif get_origin(hint) is Literal:
            empty = () if field.required and not optional else (("", "–"),)
            made.kind = "select"
            made.options = (*empty, *((str(each), words(str(each))) for each in get_args(hint)))
        inputs.append(_with_posted(made, posted))
    return Form(path, inputs, 0, None if posted is None else posted.problem)


def _plain(hint: Any) -> tuple[Any, bool]:
    """A type without `| None` and annotations, and whether None was there."""
    if hasattr(hint, "__metadata__"):
        return _plain(get_args(hint)[0])
    parts = [each for each in get_args(hint) if each is not type(None)]
    if len(parts) == 1 and type(None) in get_args(hint):
        return _plain(parts[0])[0], True
    return hint, False


def _input(field: Field, record: Mapping[str, Any] | None) -> Input:
    options = field.options
    value = _default(field) if record is None or options.hidden else record.get(field.name)
    made = Input(
        field.name,
        label_of(field),
        "text",
        "" if value is None else _text(value),
        field.required and not field.nullable and not (record is not None and options.hidden),
        options.description or "",
        options.unit or "",
    )
    limits = _constraints(field)
    match field.kind:
        case "boolean":
            made.kind, made.required = "checkbox", False
        case "integer" | "number":
            made.kind = "number"
            made.attributes = {"step": "1" if field.kind == "integer" else "any"}
            for name, attribute in (("ge", "min"), ("gt", "min"), ("le", "max"), ("lt", "max")):
                bound = limits.get(name)
                if bound is not None and abs(bound) < 2**53:
                    strict = {"gt": 1, "lt": -1}.get(name, 0) if field.kind == "integer" else 0
                    made.attributes[attribute] = str(bound + strict)
        case "date":
            made.kind = "date"
        case "datetime":
            made.kind, made.label = "datetime-local", f"{made.label} (UTC)"
            made.value = made.value.removesuffix("Z")
            made.attributes = {"step": "any"}
        case "json" if is_lines(field):
            made.kind = "textarea"
            made.value = "\n".join(value or ())
            made.help = f"{made.help} One a line.".strip()
        case "json":
            made.kind = "textarea"
            made.value = "" if value is None else msgspec.json.encode(value).decode()
            made.help = f"{made.help} JSON.".strip()
        case _:
            _fill_text(made, field, limits)
    if options.hidden:
        made.kind = "password"
        made.value = ""
        made.attributes["autocomplete"] = "new-password"
    if options.example is not None and made.kind in ("text", "textarea", "number"):
        made.attributes["placeholder"] = _text(options.example)
    return made


def _fill_text(made: Input, field: Field, limits: Mapping[str, Any]) -> None:
    longest = limits.get("max_length")
    if field.choices:
        made.kind = "select"
        empty = () if made.required else (("", "–"),)
        made.options = (*empty, *((each, words(each)) for each in field.choices))
        return
    if longest is None or longest > MULTILINE:
        made.kind = "textarea" if longest is not None or field.name in ("text", "body", "notes") else "text"
    if longest is not None:
        made.attributes["maxlength"] = str(longest)
    if (shortest := limits.get("min_length")) is not None:
        made.attributes["minlength"] = str(shortest)
        made.required = made.required or (shortest > 0 and not field.nullable and field.required)
    elif made.required:
        made.required = False  # an empty text is a text


async def _fill_reference(made: Input, ask: Ask, field: Field) -> None:
    """Have a reference be chosen among the records there are."""
    target = ask.parts.target(field.reference)
    made.required = field.required and not field.nullable
    if target is None or not ask.sees(target.path):
        return
    called = calling(target)
    order = "id" if called == "id" else called
    try:
        most = ask.most(target.path, MOST_OPTIONS)
        found = await ask.page(target.path, limit=most, order=order, fields=called)
    except (NotSignedIn, Forbidden):  # groups decide, and can't be told beforehand
        return
    choices = tuple((each["id"], title_of(target, each)) for each in found)
    if found.after is not None:
        made.suggestions = choices
        return
    made.kind = "select"
    if made.value and made.value not in dict(choices):
        choices = ((made.value, made.value), *choices)
    made.options = choices if made.required and made.value else (("", "–"), *choices)
    made.attributes = {}


def _with_posted(made: Input, posted: Posted | None) -> Input:
    if posted is not None:
        if made.kind != "password" and made.name in posted.typed:
            made.value = posted.typed[made.name]
        made.error = posted.errors.get(made.name, "")
    return made


def _constraints(field: Field) -> dict[str, Any]:
    """What a value must be, as the checked type says it."""
    found: dict[str, Any] = {}
    stack = [field.checked]
    while stack:
        hint = stack.pop()
        for meta in getattr(hint, "__metadata__", ()):
            if isinstance(meta, Meta):
                names = ("ge", "gt", "le", "lt", "min_length", "max_length")
                found |= {name: getattr(meta, name) for name in names if getattr(meta, name) is not None}
        stack += [each for each in get_args(hint) if each is not type(None)]
    return found


def _default(field: Field) -> Any:
    options = field.options
    if field.callers:
        return None
    if options.default_factory is not NODEFAULT:
        return options.default_factory()
    return None if options.default is NODEFAULT else options.default


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return msgspec.json.encode(value).decode().strip('"')
