"""A field as compiled from its declaration: its kind, its checked type, its column."""

import math
import re
import types
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import reduce
from itertools import product
from operator import or_
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from antiphon.errors import DeclarationError
from antiphon.resources.caller_value import CallerValue, caller
from antiphon.resources.field import Options, Reference
from antiphon.resources.resource import Resource

Kind = Literal["text", "integer", "number", "boolean", "date", "datetime", "json"]
Refuse = Callable[[str, str], DeclarationError]

KINDS: dict[Any, Kind] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    date: "date",
    datetime: "datetime",
}
CONTROLS = ("order", "limit", "after", "fields", "from", "or", "and")
RESERVED = (*CONTROLS, "record", "indexes", "uniques", "access", "defaults")
NAME = re.compile(r"[a-z][a-z0-9_]{0,53}")
UNIONS = (Union, types.UnionType)
CONTAINERS = (list, dict, tuple)
BOUNDS = {"min_length": ("text",), "max_length": ("text",), "pattern": ("text",)} | dict.fromkeys(
    ("ge", "gt", "le", "lt"), ("integer", "number")
)
LEAST, MOST = -(2**63), 2**63 - 1


class Field(Struct, frozen=True):
    """One field of a resource.

    `checked` is its type with all constraints, as msgspec takes it; `reference` the class (or its name)
    that it holds an id of; `choices` what a text may be, if listed; `callers` whether its default is the id
    of whoever creates the record.
    """

    name: str
    kind: Kind
    nullable: bool
    required: bool
    options: Options
    checked: Any
    reference: Any = None
    choices: tuple[str, ...] = ()
    callers: bool = False

    @property
    def column(self) -> str:
        """The column that comparisons and order use."""
        return f"{self.name}_folded" if self.options.folded else self.name


def compile_field(owner: str, name: str, hint: Any, options: Options) -> Field:
    """The field `name` of the class `owner`, from its type and options.

    Raises:
        DeclarationError: the type or an option cannot work; names class, field and remedy.
    """

    def refuse(what: str, remedy: str) -> DeclarationError:
        return DeclarationError(f"{owner}.{name} {what}.", remedy)

    if name in RESERVED or name.endswith("_folded") or "__" in name or not NAME.fullmatch(name):
        raise refuse(
            "has a name that a field cannot have",
            "Use up to 54 lower-case letters, digits and single _, not ending in _folded; "
            f"not {', '.join(RESERVED)}.",
        )
    inner, nullable, extras = _unwrap(hint)
    reference = next((extra.target for extra in extras if isinstance(extra, Reference)), None)
    choices = get_args(inner) if get_origin(inner) is Literal else ()
    if get_origin(inner) in UNIONS or inner is Any:
        raise refuse("has a type that is not one type", "Declare one type, or one type `| None`.")
    if choices and not all(isinstance(choice, str) for choice in choices):
        raise refuse("lists choices that are not texts", 'List texts: Literal["new", "done"].')
    kind: Kind = "text" if choices else KINDS.get(inner, "json")
    if kind == "json":
        _refuse_foreign(inner, refuse)
        if options.unique or options.index:
            raise refuse("is kept as JSON and cannot be indexed", "Use a text, number, date or boolean.")
    if reference is not None:
        _refuse_reference(reference, options, refuse)
    if options.folded and kind != "text":
        raise refuse("is folded and not a text", "Leave folded out.")
    checked = _checked(inner, _constraints(kind, extras, options, refuse), refuse)
    if nullable:
        checked = checked | None
    callers = isinstance(options.default, CallerValue)
    if callers:
        _refuse_caller(kind, options, refuse)
        options = msgspec.structs.replace(options, default="")
    else:
        options = _with_default(kind, options, checked, refuse)
    required = options.plain is NODEFAULT
    if required and options.read_only:
        raise refuse("is read-only and required, so that no client could create one", "Give it a default.")
    return Field(name, kind, nullable, required, options, checked, reference, choices, callers)


def _unwrap(hint: Any) -> tuple[Any, bool, list[Any]]:
    """A type without `| None` and annotations: what is left, whether None was there, the annotations."""
    nullable, extras = False, []
    while True:
        if get_origin(hint) is Annotated:
            hint, *found = get_args(hint)
            extras += found
        elif get_origin(hint) in UNIONS and types.NoneType in get_args(hint):
            nullable = True
            hint = reduce(or_, (part for part in get_args(hint) if part is not types.NoneType))
        else:
            return hint, nullable, extras


def _refuse_foreign(inner: Any, refuse: Refuse) -> None:
    if isinstance(inner, type) and issubclass(inner, Resource):
        raise refuse(
            f"has the type {inner.__name__}, a resource",
            f"Declare Ref[{inner.__name__}] to refer to one, or a msgspec.Struct to hold what it holds.",
        )
    if any(isinstance(extra, Reference) for extra in _annotations(inner)):
        raise refuse(
            "holds references within JSON, where nothing checks them",
            "Declare str there, or a resource of its own that refers to both.",
        )
    supported = get_origin(inner) in CONTAINERS or (
        isinstance(inner, type) and issubclass(inner, (*CONTAINERS, Struct))
    )
    try:
        msgspec.json.Decoder(inner)
        msgspec.json.schema(inner)
    except (TypeError, NameError):
        supported = False
    if not supported:
        raise refuse(
            f"has the type {getattr(inner, '__name__', inner)}, which is not known",
            "Use str, int, float, bool, date, datetime, Literal, Ref, "
            "or list, dict and msgspec.Struct, which are kept as JSON.",
        )


def _annotations(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Annotated:
        yield from get_args(hint)[1:]
    for part in get_args(hint):
        yield from _annotations(part)


def _refuse_reference(target: Any, options: Options, refuse: Refuse) -> None:
    if not isinstance(target, str) and not (isinstance(target, type) and issubclass(target, Resource)):
        raise refuse(f"refers to {target!r}, which is no resource", "Name a class derived from Resource.")
    if options.folded:
        raise refuse("is folded and a reference", "Leave folded out: ids are compared as they are.")


def _refuse_caller(kind: Kind, options: Options, refuse: Refuse) -> None:
    if options.default != caller.id or kind != "text":
        raise refuse("has a default that is not the caller's id", "Write a text with default=caller.id.")
    if options.folded or options.min_length or options.pattern or options.max_length is not None:
        raise refuse("holds the caller's id and has constraints", "Leave them out: ids are what they are.")


def _constraints(kind: Kind, extras: list[Any], options: Options, refuse: Refuse) -> dict[str, Any]:
    """All constraints together: msgspec takes each once. `Annotated[int, Meta(ge=0)]` counts as well."""
    given: dict[str, Any] = {}
    for extra in extras:
        if isinstance(extra, Meta):
            named = ((name, getattr(extra, name)) for name in (*BOUNDS, "multiple_of", "tz"))
            given |= {name: value for name, value in named if value is not None}
    for name, kinds in BOUNDS.items():
        if (value := getattr(options, name)) is not None:
            if kind not in kinds:
                raise refuse(f"has {name}, which does not apply to its type", f"Leave {name} out.")
            given[name] = value
    if kind == "integer":
        for name in {"ge", "gt", "le", "lt"} & given.keys():
            if type(given[name]) is not int or not LEAST <= given[name] <= MOST:
                raise refuse(f"has {name}={given[name]!r}", "Give an integer of 64 bits.")
        if "gt" not in given:
            given.setdefault("ge", LEAST)
        if "lt" not in given:
            given.setdefault("le", MOST)
    if kind == "datetime":
        given["tz"] = True
    return given


def _checked(inner: Any, given: dict[str, Any], refuse: Refuse) -> Any:
    checked = inner
    try:
        if given:
            checked = Annotated[inner, Meta(**given)]
        msgspec.json.Decoder(checked)
    except (ValueError, TypeError, re.error) as error:
        raise refuse(f"has constraints that cannot hold: {error}", "Change or leave out one.") from None
    for lower, upper in product(("min_length", "ge", "gt"), ("max_length", "le", "lt")):
        if lower not in given or upper not in given:
            continue
        strict = lower == "gt" or upper == "lt"
        if given[lower] > given[upper] or (strict and given[lower] == given[upper]):
            raise refuse(
                f"has {lower}={given[lower]} and {upper}={given[upper]}, which no value meets",
                "Change one of them.",
            )
    return checked


def _with_default(kind: Kind, options: Options, checked: Any, refuse: Refuse) -> Options:
    """The options with the default as records hold it: a number's 1 is 1.0, as it is when it was stored."""
    default, factory = options.default, options.default_factory
    if default is not NODEFAULT and factory is not NODEFAULT:
        raise refuse("has both default and default_factory", "Give one of them.")
    if default is NODEFAULT and factory is NODEFAULT:
        return options
    value = default
    try:
        if default is NODEFAULT:
            value = factory()
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("JSON has no form for it")
        stored = msgspec.json.decode(msgspec.json.encode(value), type=checked)
    except Exception as error:  # the factory is the user's: it may raise anything
        raise refuse(f"has the default {value!r}: {error}", "Give one that its type allows.") from None
    if default is NODEFAULT or kind == "json":
        return options
    return msgspec.structs.replace(options, default=stored)
