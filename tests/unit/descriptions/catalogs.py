"""Declarations that descriptions are tried on: an ordinary one, and ones that are hard to describe."""

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from antiphon.resources import Declaration, Ref, Resource, action, declare, field

T = TypeVar("T")


class Artist(Resource, path="/artists"):
    """Who plays.

    One or many.
    """

    name: str = field(max_length=200, folded=True, unique=True, example="Nina")


class Song(Resource):
    title: str = field(min_length=1, max_length=500, folded=True)
    artist_id: Ref[Artist] | None = field(default=None)
    genre: str | None = field(default=None, folded=True, index=True, example="jazz")
    length: float | None = field(default=None, ge=0, unit="s", index=True, description="How long it plays")


@action(Song)
def rename(song: Song, title: str, tx: Any) -> Song:
    """Give it another title.

    The old one is forgotten.
    """
    raise NotImplementedError


class Genre(Resource, paths=("/genres", "/genre")):
    name: str


class Bare(Resource):
    pass


class Create(Struct):
    """Named as a component of ours."""

    street: str
    next: "Create | None" = None


class Branch(Struct):
    """Nested without end, unless by null."""

    branch: "Branch | None"
    leaves: dict[str, int]
    length: float = 0.5
    fork: "list[Branch]" = []


class Box(Struct, Generic[T]):
    value: T


class Problem(Resource, path="/problem-reports"):
    """Named as a component of every document."""

    text: str


class Odd(Resource, path="/odd_things"):
    kind: Literal["a", "b"]
    maybe: Literal["x", "y"] | None = None
    code: str = field(pattern=r"\A[A-Z]{3}\Z")
    count: int = field(ge=-3, lt=10)
    ratio: float = field(default=0.5, gt=0, lt=1)
    day: date | None
    moment: datetime = field(default_factory=lambda: datetime.fromisoformat("2026-01-31T12:00:00+00:00"))
    parent: Ref["Odd"]
    where: Create | None = None
    boxes: list[Box[int]] = field(default_factory=list)
    pair: tuple[int, str] = field(default=(1, "a"))
    labels: dict[str, list[str]] = field(default_factory=dict)
    ready: bool = False
    code9: str | None = field(default=None, pattern="^q{7}x$")
    least: int | None = field(default=None, gt=10)
    most: float | None = field(default=None, le=-10)
    name9: str = field(default="", min_length=0, max_length=1)


@action(Odd)
def move(odd: Odd, where: Create, tx: Any) -> None:
    raise NotImplementedError


@action(Odd)
def grow(
    odd: Odd, branch: Branch, by: Annotated[float, Meta(gt=0, lt=0.5)], times: int = 3, *, tx: Any
) -> Branch:
    raise NotImplementedError


@action(Odd)
def weigh(odd: Odd, tx: Any):  # type: ignore[no-untyped-def]
    raise NotImplementedError


@action(Odd)
def split(odd: Odd, at: int | None = None, parts: list[Box[str]] = [], *, tx: Any) -> list[Odd] | None:  # noqa: B006
    """Make several of it."""
    raise NotImplementedError


def other_song() -> type[Resource]:
    """A class of the same name as another's, at another path."""

    class Song(Resource, path="/bird-songs"):
        bird: str

    return Song


def declarations(*resources: type[Resource]) -> tuple[Declaration[Any], ...]:
    return tuple(declare(each) for each in resources)


CATALOGS: dict[str, tuple[Declaration[Any], ...]] = {
    "ordinary": declarations(Artist, Song, Genre),
    "bare": declarations(Bare),
    "odd": declarations(Odd, Problem),
    "same names": declarations(Artist, Song, other_song()),
}


def encoded(document: dict[str, Any]) -> Any:
    """A document as it travels."""
    return msgspec.json.decode(msgspec.json.encode(document))
