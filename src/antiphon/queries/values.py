"""Values as URLs write them, typed by the declaration."""

import math
import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from antiphon.errors import InvalidQuery
from antiphon.resources import Field

_EXPECTED = {
    "integer": "an integer of 64 bits",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
    "datetime": "a time such as 2026-01-31T12:00:00Z (write + as %2B)",
}
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "false": False}


def parse_value(field: Field, text: str) -> Any:
    """`text` as a value of `field`; raises `InvalidQuery` naming both."""
    if "\0" in text or (not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise InvalidQuery(f"The value for {field.name} is not valid text.", "Send UTF-8 without U+0000.")
    if field.kind == "text":
        return text
    try:
        return _parse(field.kind, text)
    except (ValueError, KeyError, OverflowError, msgspec.ValidationError):
        raise InvalidQuery(
            f"{field.name} has the value {text[:80]!r}.", f"Write {_EXPECTED[field.kind]}."
        ) from None


def _parse(kind: str, text: str) -> Any:
    if kind == "integer":
        if not _INTEGER.fullmatch(text) or not -(2**63) <= (number := int(text)) < 2**63:
            raise ValueError
        return number
    if kind == "number":
        if not _NUMBER.fullmatch(text) or not math.isfinite(real := float(text)):
            raise ValueError
        return real
    if kind == "boolean":
        return _BOOLEANS[text]
    if kind == "date":
        return msgspec.convert(text, date)
    instant = msgspec.convert(text, datetime)
    if instant.tzinfo is None:
        raise ValueError
    return instant.astimezone(UTC)
