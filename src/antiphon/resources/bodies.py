"""Reading a record from what a client sent, and saying what is wrong with it."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from antiphon.errors import FieldError, Malformed, nearest
from antiphon.resources.fields import Field

DEEPEST = 64
"""How deep values may be nested. What was read once must be readable at any depth of calls ever after."""
MOST_FAULTS = 100
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def refuse_repeats(body: bytes, names: tuple[bytes, ...], nested: bool) -> None:
    """Refuse an object that names a member twice: parsers disagree on what it means (RFC 8259, 4).

    Members are only counted one by one when a cheap look at the bytes finds that there may be any.

    Raises:
        Malformed: a name is repeated.
    """
    if b"\\u" not in body and not (nested and body.count(b"{") > 1):
        for name in names:
            if body.count(name) > 1:
                break
        else:
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


def refuse_depth(body: bytes) -> None:
    """Refuse JSON that is nested deeper than `DEEPEST`; raises `Malformed`."""
    if body.count(b"{") + body.count(b"[") <= DEEPEST:
        return
    depth = 0
    for found in _BRACKETS.finditer(body):
        if found[0] in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise _too_deep()
        elif found[0] in b"]}":
            depth -= 1


def malformed(error: Exception) -> Malformed:
    """What to tell a client whose JSON cannot be read."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if isinstance(error, UnicodeDecodeError):
        return Malformed(f"The body is not UTF-8: {error.reason} at byte {error.start}.", "Send UTF-8.")
    if isinstance(error, msgspec.ValidationError):  # nothing was asked of it but to be JSON
        return Malformed(f"The body cannot be read: {error}.", "Send numbers that 64 bits can hold.")
    return Malformed(f"The body is not JSON: {error}.", "Send one JSON value (RFC 8259).")


def _too_deep() -> Malformed:
    return Malformed(f"The JSON is nested deeper than {DEEPEST}.", "Send flatter values.")


def faults(value: Any, fields: tuple[Field, ...]) -> list[FieldError]:
    """Each thing wrong with `value`, decoded JSON, as a record of `fields`; `MOST_FAULTS` at the most."""
    found = list(islice(_faults(value, fields), MOST_FAULTS + 1))
    if len(found) > MOST_FAULTS:
        found[-1] = FieldError("", f"More is wrong than the {MOST_FAULTS} faults listed.")
    return found


def _faults(value: Any, fields: tuple[Field, ...]) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        yield from _fault("", value, dict)
        return
    known = {field.name: field for field in fields}
    for name in value:
        if name not in known:
            yield FieldError(name[:80], f"There is no field {name[:80]!r}. {nearest(name, list(known))}")
    for field in fields:
        if field.name in value:
            yield from _fault(field.name, value[field.name], field.checked, field.options.hidden)
        elif field.required:
            yield FieldError(field.name, "A value is required.")


def _fault(name: str, value: Any, expected: Any, hidden: bool = False) -> Iterator[FieldError]:
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        what, nested, where = str(error).rpartition(" - at `$")
        if nested:  # within a value that is kept as JSON
            yield FieldError(name + where.rstrip("`"), f"{what}.")
        else:  # the value may be a stored one, that was merged with what a client sent
            yield FieldError(name, f"{error}." if hidden else f"{error}: {_shown(value)}.")


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:77] + "..."


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
