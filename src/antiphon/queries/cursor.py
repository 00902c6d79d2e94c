"""Page cursors: where the next page begins, as opaque text."""

from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from antiphon.errors import InvalidCursor
from antiphon.queries.query import Order
from antiphon.resources import Field

TYPES: dict[str, Any] = {
    "text": str,
    "integer": Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)],
    "number": float,
    "boolean": bool,
    "date": date,
    "datetime": Annotated[datetime, Meta(tz=True)],
}
"""What a value of a kind of field is in memory."""


def encode_cursor(order: Order, values: tuple[Any, ...]) -> str:
    """The cursor after the record whose order values are `values`."""
    return urlsafe_b64encode(msgspec.json.encode([order_text(order), *values])).decode().rstrip("=")


def decode_cursor(text: str, order: Order) -> tuple[Any, ...]:
    """The order values in a cursor.

    Raises:
        InvalidCursor: it was changed, or belongs to another order.
    """
    shape: Any = tuple.__class_getitem__((str, *(_type(term.field) for term in order)))
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        names, *values = msgspec.json.decode(raw, type=shape)
        values = [each.astimezone(UTC) if isinstance(each, datetime) else each for each in values]
    except (msgspec.MsgspecError, ValueError, OverflowError):
        names, values = None, []
    if names != order_text(order):
        raise InvalidCursor(
            "`after` is not a cursor of this query.", "Take the URL in `next` as it is, or leave `after` out."
        )
    return tuple(values)


def _type(field: Field) -> Any:
    return TYPES[field.kind] | None if field.nullable else TYPES[field.kind]


def order_text(order: Order) -> str:
    """An order as a URL writes it."""
    return ",".join(("-" if term.descending else "") + term.field.name for term in order)
