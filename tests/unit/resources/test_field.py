"""What `field()` and `Ref` leave in a class body."""

from typing import Annotated, get_args, get_origin

from msgspec import NODEFAULT

from antiphon.resources import Ref, Resource, field
from antiphon.resources.field import Options, Reference


class Album(Resource):
    title: str


def test_field_keeps_what_it_is_told() -> None:
    told = field(max_length=3, folded=True, unit="s", description="how long", example="abc")
    assert isinstance(told, Options)
    assert (told.max_length, told.folded, told.unit) == (3, True, "s")
    assert (told.description, told.example) == ("how long", "abc")
    assert told.plain is NODEFAULT


def test_a_default_may_be_made_for_each_record() -> None:
    class Song(Resource):
        tags: list[str] = field(default_factory=lambda: ["new"])
        place: int = field(default=3)

    one, other = Song(), Song()
    assert (one.tags, one.place) == (["new"], 3)
    assert one.tags is not other.tags


def test_ref_is_a_text_marked_with_its_target() -> None:
    assert get_origin(Ref[Album]) is Annotated
    assert get_args(Ref[Album]) == (str, Reference(Album))
    assert get_args(Ref["Album"]) == (str, Reference("Album"))
