"""A field as compiled from its declaration: its kind, its checked type, its column."""

import re
import types
from datetime import date, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from antiphon.errors import DeclarationError
from antiphon.resources.field import Options, Reference

Kind = Literal["text", "integer", "number", "boolean", "date", "datetime", "json"]

KINDS: dict[Any, Kind] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    date: "date",
    datetime: "datetime",
}
RESERVED = ("order", "limit", "after", "fields", "from", "or", "and", "record", "indexes", "uniques")
NAME = re.compile(r"[a-z][a-z0-9_]{0,53}")


class Field(Struct, frozen=True):
    """One field of a resource.

    `checked` is its type with all constraints, as msgspec takes it; `reference` the class (or its name)
    that it holds an id of; `choices` what a text may be, if listed.
    """

    name: str
    kind: Kind
    nullable: bool
    required: bool
    options: Options
    checked: Any
    reference: Any = None
    choices: tuple[str, ...] = ()

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

    if name in RESERVED or name.endswith("_folded") or not NAME.fullmatch(name):
        raise refuse(
            "has a name that a field cannot have",
            f"Use lower-case letters, digits and _; not {', '.join(RESERVED)}; not ending in _folded.",
        )
    inner, nullable = _without_none(hint)
    inner, extras = _without_annotations(inner)
    reference = next((extra.target for extra in extras if isinstance(extra, Reference)), None)
    choices = get_args(inner) if get_origin(inner) is Literal else ()
    if get_origin(inner) in (Union, types.UnionType) or inner is Any:
        raise refuse("has a type that is not one type", "Declare one type, or one type `| None`.")
    if choices and not all(isinstance(choice, str) for choice in choices):
        raise refuse("lists choices that are not texts", 'List texts: Literal["new", "done"].')
    kind: Kind = "text" if choices else KINDS.get(inner, "json")
    if kind == "json":
        _refuse_foreign(inner, refuse)
    metas = [extra for extra in extras if isinstance(extra, Meta)] + _constraints(kind, options, refuse)
    checked = inner
    for meta in metas:
        checked = Annotated[checked, meta]
    if nullable:
        checked = Union[checked, None]
    if (options.unique or options.index or reference) and kind == "json":
        raise refuse("is kept as JSON and cannot be indexed", "Use a text, number, date or boolean.")
    default = options.plain
    if default is not NODEFAULT and options.default_factory is NODEFAULT:
        try:
            msgspec.convert(msgspec.to_builtins(default), checked)
        except (msgspec.ValidationError, TypeError) as error:
            raise refuse(f"has the default {default!r}", f"{error}.") from None
    return Field(name, kind, nullable, default is NODEFAULT, options, checked, reference, choices)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        rest = [part for part in get_args(hint) if part is not types.NoneType]
        return Union[tuple(rest)], len(rest) < len(get_args(hint))
    return hint, False


def _without_annotations(hint: Any) -> tuple[Any, list[Any]]:
    if get_origin(hint) is Annotated:
        return get_args(hint)[0], list(get_args(hint)[1:])
    return hint, []


def _refuse_foreign(inner: Any, refuse: Any) -> None:
    try:
        msgspec.json.Decoder(inner)
        msgspec.json.schema(inner)
        supported = get_origin(inner) in (list, dict, tuple) or (
            isinstance(inner, type) and issubclass(inner, (list, dict, tuple, Struct))
        )
    except (TypeError, NameError):
        supported = False
    if not supported:
        raise refuse(
            f"has the type {getattr(inner, '__name__', inner)}, which is not known",
            "Use str, int, float, bool, date, datetime, Literal, Ref, or list, dict and msgspec.Struct as JSON.",
        )


def _constraints(kind: Kind, options: Options, refuse: Any) -> list[Meta]:
    texts = ("min_length", "max_length", "pattern")
    numbers = ("ge", "gt", "le", "lt")
    given = {name: value for name in texts + numbers if (value := getattr(options, name)) is not None}
    for name in given:
        if (name in texts and kind != "text") or (name in numbers and kind not in ("integer", "number")):
            raise refuse(f"has {name}, which does not apply to its type", f"Leave {name} out.")
    if options.folded and kind != "text":
        raise refuse("is folded and not a text", "Leave folded out.")
    if kind == "integer":  # columns hold 64 bits
        given |= {"ge": given.get("ge", -(2**63))} if "gt" not in given else {}
        given |= {"le": given.get("le", 2**63 - 1)} if "lt" not in given else {}
    if kind == "datetime":
        return [Meta(tz=True)]
    try:
        return [Meta(**given)] if given else []
    except (ValueError, TypeError, re.error) as error:
        raise refuse("has constraints that cannot hold", f"{error}.") from None
