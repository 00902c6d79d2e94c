"""A resource, compiled: how its records are read, checked, encoded and laid out in columns."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import blake2b
from inspect import get_annotations
from math import isfinite
from operator import attrgetter
from typing import Any, Generic, get_type_hints

import msgspec

from antiphon.errors import DeclarationError, FieldError, Invalid, nearest
from antiphon.resources.action import Action
from antiphon.resources.bodies import faults, malformed, merge_patch, refuse_depth, refuse_repeats
from antiphon.resources.field import Options
from antiphon.resources.fields import Field, compile_field
from antiphon.resources.folding import fold
from antiphon.resources.paths import compile_paths, table_of
from antiphon.resources.resource import R, Resource, ResourceMeta

_encode = msgspec.json.Encoder().encode


def column_text(value: date | datetime) -> str:
    """A date or an instant as its column holds it: text whose order is the order in time."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value.isoformat()


class Declaration(Generic[R]):
    """What a resource class declares.

    `path` is canonical, `paths` holds it and its aliases; `fields` are in declared order, after `id`
    and `revision`; `uniques` and `indexes` are tuples of field names; `form` is a digest of what members
    a record's JSON has; `shown` are the fields that clients may see, `guarded` are those that they can't
    write as they like, `callers` among them those that hold who creates the record. `prepares` tells whether
    it completes what clients create.

    Raises:
        DeclarationError: the declaration cannot work; names class, field and remedy.
    """

    def __init__(self, resource: type[R]) -> None:
        self.resource = resource
        self.name = resource.__name__
        self.paths: tuple[str, ...] = compile_paths(self.name, resource._paths)
        self.path = self.paths[0]
        self.table = table_of(self.path)
        self.actions: dict[str, Action] = resource._actions
        hints = _hints(resource)
        self.fields: tuple[Field, ...] = tuple(
            self._field(name, hints[name]) for name in resource.__struct_fields__
        )
        self.by_name = {field.name: field for field in self.fields}
        self.uniques = self._keys("uniques", resource.uniques, lambda field: field.options.unique)
        self.indexes = self._keys(
            "indexes", resource.indexes, lambda field: field.options.index or field.reference is not None
        )
        self.columns: tuple[str, ...] = (
            *self.by_name,
            *(field.column for field in self.fields if field.options.folded),
            "record",
        )
        self._values = attrgetter(*self.by_name)
        self._conversions: tuple[tuple[int, Callable[[Any], Any]], ...] = tuple(
            (place, _CONVERSIONS[field.kind])
            for place, field in enumerate(self.fields)
            if field.kind in _CONVERSIONS
        )
        self._folded = tuple(place for place, field in enumerate(self.fields) if field.options.folded)
        self._instants = tuple(field.name for field in self.fields if field.kind == "datetime")
        self._numbers = tuple(field.name for field in self.fields if field.kind == "number")
        self._members = tuple(f'"{name}"'.encode() for name in self.by_name)
        self._nested = any(field.kind == "json" for field in self.fields)
        self._checked_decoder = msgspec.json.Decoder(_checked(resource, self.fields))
        self.decode: Callable[[bytes], R] = _decoder(resource).decode
        self.callers = tuple(field for field in self.fields if field.callers)
        self.shown = tuple(field for field in self.fields if not field.options.hidden)
        self.guarded = tuple(field for field in self.fields if field.callers or _guarded(field.options))
        self.prepares = resource.prepare is not Resource.prepare and "prepare" not in self.by_name
        self.form = blake2b(" ".join(self.by_name).encode(), digest_size=4).hexdigest()
        self._writable = tuple(field for field in self.fields if field.name not in ("id", "revision"))

    def _field(self, name: str, hint: Any) -> Field:
        defaults = {
            field.name: field for field in msgspec.structs.fields(self.resource) if field.name == name
        }[name]
        options = self.resource._options.get(name)
        if options is None:
            options = Options(default=defaults.default, default_factory=defaults.default_factory)
        return compile_field(self.name, name, hint, options)

    def _keys(self, what: str, listed: Any, single: Callable[[Field], bool]) -> tuple[tuple[str, ...], ...]:
        keys = [(field.name,) for field in self.fields if single(field)]
        for names in listed if isinstance(listed, (tuple, list)) else (listed,):
            if not isinstance(names, (tuple, list)) or not names:
                raise DeclarationError(
                    f"{self.name}.{what} holds {names!r}.",
                    f'Give a tuple of tuples of field names: {what} = (("genre", "title"),).',
                )
            for name in names:
                if name not in self.by_name:
                    raise DeclarationError(
                        f"{self.name}.{what} names {tuple(names)!r}, and {name!r} is no field.",
                        f"Give tuples of field names. {nearest(str(name), list(self.by_name))}",
                    )
                if self.by_name[name].kind == "json" or len(set(names)) < len(names):
                    raise DeclarationError(
                        f"{self.name}.{what} names {tuple(names)!r}, and {name!r} cannot be in it.",
                        "Name each field once, and none that is kept as JSON.",
                    )
            keys.append(tuple(names))
        return tuple(dict.fromkeys(keys))

    def parse(self, body: bytes) -> R:
        """The record in `body`, checked against the declaration; `id` and `revision` as the client gave them.

        Raises:
            Malformed: not JSON, not UTF-8, nested too deeply, or a member is there twice.
            Invalid: a value breaks the declaration; lists each.
        """
        record = self._decode_checked(body)
        refuse_repeats(body, self._members, self._nested)
        return record

    def _decode_checked(self, body: bytes) -> R:
        try:
            record = self._checked_decoder.decode(body)
        except msgspec.ValidationError:
            raise self._invalid(body) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed(error) from None
        if self._nested:
            refuse_depth(body)
        for name in self._instants:
            if (instant := getattr(record, name)) is not None:
                try:
                    setattr(record, name, instant.astimezone(UTC))
                except OverflowError:
                    raise _refusal(name, f"{instant.isoformat()} is beyond the calendar in UTC.") from None
        record.__class__ = self.resource  # of the same layout: it equals what `decode` makes of its JSON
        return record

    def merge(self, stored: bytes, patch: bytes) -> tuple[R, int]:
        """A stored record with a JSON Merge Patch (RFC 7396) applied, and the revision the patch names, or 0.

        A record has all its fields, so null does not take one away: it stands for null where the field may
        be null, and for the default elsewhere. Raises as `parse` does.
        """
        try:
            changes = msgspec.json.decode(patch)
            if not isinstance(changes, dict):
                raise Invalid(
                    f"Expected an object, got {type(changes).__name__}.", "Send the fields to change."
                )
            refuse_repeats(patch, self._members, nested=True)
            refuse_depth(patch)
            revision = changes.pop("revision", 0)
            merged = merge_patch(msgspec.json.decode(stored), changes)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed(error) from None
        for name, value in changes.items():
            field = self.by_name.get(name)
            if value is None and (field is None or field.nullable):  # an unknown name is refused, null or not
                merged[name] = None
        record = self.parse(msgspec.json.encode(merged))
        if record.id != (before := self.decode(stored)).id:
            raise Invalid("id: a record keeps its id.", "Leave it out, or copy the record with PUT.")
        if not isinstance(revision, int) or isinstance(revision, bool):
            raise Invalid("revision: expected an integer.", "Leave it out, or send the one you read.")
        record.revision = before.revision
        return record, revision

    def check(self, record: R) -> R:
        """A checked copy of `record`, which was made in Python; raises `Invalid`."""
        for name in self._numbers:
            if isinstance(value := getattr(record, name), float) and not isfinite(value):
                raise _refusal(name, f"{value} is no number that JSON can hold.")
        try:
            encoded = _encode(record)
        except (TypeError, ValueError, RecursionError) as error:  # a lone surrogate, a value JSON cannot hold
            raise Invalid(
                f"{self.name} cannot be encoded: {error}.", "Give its fields values of their types."
            ) from None
        return self._decode_checked(encoded)

    def encode(self, record: R) -> bytes:
        """`record` as JSON, as it is stored, answered and streamed; raises `Invalid` for U+0000 in a text."""
        encoded = _encode(record)
        if _holds_zero(encoded):
            for name in self.by_name:
                if _holds_zero(_encode(getattr(record, name))):
                    raise _refusal(name, "The text contains U+0000, which stores cannot keep.")
        return encoded

    def row(self, record: R, encoded: bytes) -> tuple[Any, ...]:
        """The values of `columns`, in order; the record's JSON as bytes."""
        values = self._values(record)
        if self._conversions:
            converted = list(values)
            for place, convert in self._conversions:
                if converted[place] is not None:
                    converted[place] = convert(converted[place])
            values = tuple(converted)
        for place in self._folded:
            text = values[place]
            values += (None if text is None else fold(text),)
        return (*values, encoded)

    def _invalid(self, body: bytes) -> Exception:
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return malformed(error)
        found = faults(value, self.fields) or [FieldError("", "The body does not fit the declaration.")]
        first = found[0]
        detail = f"{first.field}: {first.detail}" if first.field else first.detail
        return Invalid(detail, f"See the schema of {self.name} in /openapi.json.", errors=found)


def _guarded(options: Options) -> bool:
    return options.hidden or options.read_only or options.set_once


def _refusal(name: str, detail: str) -> Invalid:
    return Invalid(f"{name}: {detail}", "Send another value.", errors=[FieldError(name, detail)])


def _holds_zero(encoded: bytes) -> bool:
    """Whether a text within has U+0000: its escape, after backslashes that are escaped themselves."""
    return b"\\u0000" in encoded and b"\\u0000" in encoded.replace(b"\\\\", b"")


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "date": column_text,
    "datetime": column_text,
    "json": lambda value: _encode(value).decode(),
}


def _checked(resource: type[R], fields: tuple[Field, ...]) -> type[R]:
    """A subclass of `resource` that decodes with every constraint, and refuses unknown fields."""
    namespace: dict[str, Any] = {
        "__annotations__": {field.name: field.checked for field in fields},
        "__module__": resource.__module__,
        "__qualname__": resource.__qualname__,
    }
    for field in fields:
        if not field.required:
            namespace[field.name] = field.options.plain
    made = ResourceMeta(resource.__name__, (resource,), namespace, forbid_unknown_fields=True)
    made._options = resource._options
    return made  # type: ignore[no-any-return]


def _hints(resource: type[Resource]) -> dict[str, Any]:
    for base in resource.__mro__[: resource.__mro__.index(Resource)]:
        for name in {"id", "revision"} & get_annotations(base).keys():
            raise DeclarationError(
                f"{resource.__name__}.{name} is declared, and every record has one already.",
                "Leave it out, or give it another name.",
            )
    try:
        return get_type_hints(resource, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise DeclarationError(
            f"{resource.__name__} has a type that cannot be found: {error}.",
            "Import it in the module of the class; quote a later resource: Ref['Album'].",
        ) from None


def _decoder(resource: type[R]) -> msgspec.json.Decoder[R]:
    try:
        return msgspec.json.Decoder(resource)
    except TypeError as error:
        raise DeclarationError(
            f"{resource.__name__} cannot be read from JSON: {error}.", "Give constraints by field()."
        ) from None


def declare(resource: type[R]) -> Declaration[R]:
    """The declaration of `resource`, compiled once."""
    found = _compiled.get(resource)
    if found is None:
        named: Any = resource
        if not isinstance(named, type) or named is Resource or not issubclass(named, Resource):
            raise DeclarationError(f"{resource!r} is no resource.", "Derive a class from antiphon.Resource.")
        found = _compiled[resource] = Declaration(resource)
    return found


_compiled: dict[type, Declaration[Any]] = {}
