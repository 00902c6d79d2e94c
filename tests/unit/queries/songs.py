"""A resource to query: each kind of field, most of them nullable."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from antiphon.queries import Query, parse_query
from antiphon.resources import Resource, declare, field


class Song(Resource):
    title: str
    genre: str | None = field(default=None, folded=True)
    year: int | None = None
    length: float | None = None
    live: bool | None = None
    released: date | None = None
    played: datetime | None = None
    tags: list[str] | None = None


SONGS = declare(Song)


def parse(query: str | bytes, *, terms: int = 100, stream: bool = False) -> Query[Song]:
    """What a query string asks of the songs."""
    raw = query.encode() if isinstance(query, str) else query
    return parse_query(SONGS, raw, default_limit=50, max_limit=1000, max_terms=terms, stream=stream)


def asked(**parts: Any) -> Query[Song]:
    """What the query string of `parts`, percent-encoded, asks of the songs."""
    return parse(urlencode(parts))
