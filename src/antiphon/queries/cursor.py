"""Page cursors: where the next page begins, as opaque text."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime
from typing import Any

import msgspec

from antiphon.errors import InvalidCursor
from antiphon.queries.query import Order

_TYPES: dict[str, Any] = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "date": date,
    "datetime": datetime,
}


def encode_cursor(order: Order, values: tuple[Any, ...]) -> str:
    """The cursor after the record whose order values are `values`."""
    return urlsafe_b64encode(msgspec.json.encode([_names(order), *values])).decode().rstrip("=")


def decode_cursor(text: str, order: Order) -> tuple[Any, ...]:
    """The order values in a cursor.

    Raises:
        InvalidCursor: it was changed, or belongs to another order.
    """
    kinds = [_TYPES[term.field.kind] for term in order]
    shape: Any = tuple.__class_getitem__((str, *(kind | None for kind in kinds)))
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        names, *values = msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        names, values = None, []
    if names != _names(order) or values[-1] is None:
        raise InvalidCursor(
            "`after` is not a cursor of this query.", "Take the URL in `next` as it is, or leave `after` out."
        )
    return tuple(values)


def _names(order: Order) -> str:
    return ",".join(("-" if term.descending else "") + term.field.name for term in order)
