"""Addresses: what is asked for, as a URL's query string."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from antiphon.errors import InvalidQuery


def parameters(query: Mapping[str, Any] | None, equals: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values for a URL, from `{"length[gte]": 180}` and from keywords that mean "equals".

    None asks for null; a list is what `[in]`, `fields` and `order` take.

    Raises:
        InvalidQuery: a list is empty; no URL says that.
    """
    found = []
    for name, value in [*(query or {}).items(), *equals.items()]:
        if value is None:
            found.append((f"{name}[null]", "true"))
        elif isinstance(value, (list, tuple, set, frozenset)):
            if not value:
                raise InvalidQuery(f"{name} lists nothing.", "Leave it out, or ask for something.")
            found.append((name, ",".join(_quoted(_text(each)) for each in value)))
        else:
            found.append((name, _text(value)))
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _quoted(text: str) -> str:
    if not any(letter in text for letter in ',()"\\'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
