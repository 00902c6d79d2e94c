"""Reading a record from what a client sent, and saying what is wrong with it."""

import json
from typing import Any

import msgspec

from antiphon.errors import FieldError, Malformed, nearest
from antiphon.resources.fields import Field


def refuse_repeats(body: bytes, names: tuple[bytes, ...], nested: bool) -> None:
    """Refuse an object that names a member twice: parsers disagree on what it means (RFC 8259, 4).

    Members are only counted one by one when a cheap look at the bytes finds that there may be any.

    Raises:
        Malformed: a name is repeated.
    """
    suspicious = b"\\u" in body or (nested and body.count(b"{") > 1)
    if not suspicious and all(body.count(name) < 2 for name in names):
        return

    def members(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise Malformed(f"The member {name!r} is there twice.", "Name each member once.")
            seen.add(name)

    try:
        json.loads(body, object_pairs_hook=members)
    except (ValueError, RecursionError) as error:
        raise malformed(error) from None


def malformed(error: Exception) -> Malformed:
    """What to tell a client whose JSON cannot be read."""
    if isinstance(error, RecursionError):
        return Malformed("The JSON is nested too deeply.", "Send a flat object.")
    if isinstance(error, UnicodeDecodeError):
        return Malformed(f"The body is not UTF-8: {error.reason} at byte {error.start}.", "Send UTF-8.")
    return Malformed(f"The body is not JSON: {error}.", "Send one JSON value (RFC 8259).")


def faults(value: Any, fields: tuple[Field, ...]) -> list[FieldError]:
    """Each thing wrong with `value`, decoded JSON, as a record of `fields`."""
    if not isinstance(value, dict):
        return [FieldError("", f"Expected an object, got {type(value).__name__}.")]
    found = []
    known = {field.name: field for field in fields}
    for name in value:
        if name not in known:
            found.append(FieldError(name, f"There is no field {name!r}. {nearest(name, list(known))}"))
    for field in fields:
        if field.name in value:
            try:
                msgspec.convert(value[field.name], field.checked)
            except msgspec.ValidationError as error:
                found.append(FieldError(field.name, f"{str(error).split(' - at `$')[0]}."))
        elif field.required:
            found.append(FieldError(field.name, "A value is required."))
    return found


def merge_patch(target: Any, patch: Any) -> Any:
    """`target` with `patch` applied (RFC 7396, 2)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
