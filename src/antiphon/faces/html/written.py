"""Queries that views ask, as URLs write them: so that they mean the same."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from antiphon.operations import Service
from antiphon.queries import Query, parse_query
from antiphon.resources import Declaration

CONTROLS = ("order", "limit", "after", "fields")


def query_of(declaration: Declaration[Any], service: Service, query: dict[str, Any]) -> Query[Any]:
    """The query of a view's keywords; raises `InvalidQuery`, `InvalidCursor`."""
    settings = service.settings
    given = [(name, value) for name, value in query.items() if value is not None or name not in CONTROLS]
    written = urlencode([_written(name, value) for name, value in given])
    return parse_query(
        declaration,
        written.encode(),
        default_limit=settings.page_size,
        max_limit=settings.max_page_size,
        max_terms=settings.max_filter_terms,
    )


def _written(name: str, value: Any) -> tuple[str, str]:
    """A name and a value as URLs have them."""
    if value is None:
        return f"{name}[null]", "true"
    if isinstance(value, (list, tuple, set, frozenset)):
        return name, ",".join(_quoted(_text(each)) for each in value)
    return name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
