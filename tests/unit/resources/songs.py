"""A catalogue to declare and parse: each kind of field, with and without null."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from antiphon.resources import Ref, Resource, field


class Size(msgspec.Struct):
    width: int
    height: int = 1


class Album(Resource):
    title: str
    opener: "Ref[Song] | None" = None


class Song(Resource):
    title: str = field(min_length=1, max_length=20, folded=True)
    mood: Literal["calm", "wild"] = "calm"
    album: Ref[Album] | None = None
    parent: Ref["Song"] | None = None
    year: int | None = field(default=None, ge=0)
    length: float | None = None
    live: bool = False
    released: date | None = None
    played: datetime | None = None
    tags: list[str] = field(default_factory=list)
    cover: Size | None = None
    extra: dict[str, Any] | None = None
