"""The class body: options are taken out of it, and what cannot be a declaration is refused there and then."""

from typing import Any

import pytest

from antiphon.errors import DeclarationError
from antiphon.resources import Resource, declare, field
from antiphon.resources.resource import ResourceMeta


def test_a_record_is_made_and_compared_like_any_struct() -> None:
    class Song(Resource):
        title: str = field(max_length=10)
        length: float | None = None
        tags: list[str] = field(default_factory=list)

    song = Song(title="Naima")
    assert (song.id, song.revision, song.title, song.length, song.tags) == ("", 0, "Naima", None, [])
    assert song == Song(title="Naima")
    assert Song(title="a").tags is not song.tags
    with pytest.raises(TypeError, match="title"):
        Song()  # type: ignore[call-arg]


def test_options_are_inherited_and_can_be_declared_anew() -> None:
    class Titled(Resource):
        title: str = field(max_length=3)
        year: int = field(default=1999, ge=1900)

    class Song(Titled):
        length: float = 0.0

    class Album(Titled):
        title: str
        year: int = field(default=2000)

    song, album = declare(Song), declare(Album)
    assert song.by_name["title"].options.max_length == 3
    assert song.by_name["year"].options.ge == 1900
    assert song.by_name["year"].options.default == 1999
    assert album.by_name["title"].options.max_length is None
    assert album.by_name["year"].options.ge is None
    assert album.by_name["year"].options.default == 2000


def test_paths_and_actions_are_each_class_own() -> None:
    class Song(Resource, path="/tunes"):
        title: str

    class Live(Song):
        place: str

    assert declare(Song).path == "/tunes"
    assert declare(Live).path == "/lives"
    assert Live._actions is not Song._actions


def make(body: dict[str, Any], **arguments: Any) -> Any:
    return ResourceMeta("Song", (Resource,), {"__module__": __name__, **body}, **arguments)


@pytest.mark.parametrize(
    ("body", "arguments", "said"),
    [
        ({"title": field(max_length=3)}, {}, "Song.title has no type"),
        ({"title": field(default="")}, {}, "Song.title has no type"),
        ({"__annotations__": {"tags": list[int]}, "tags": [1]}, {}, r"Song.tags has the default \[1\]"),
        (
            {"__annotations__": {"tags": list[int]}, "tags": field(default=[1])},
            {},
            r"Song.tags has the default \[1\]",
        ),
        ({"__annotations__": {"meta": dict[str, int]}, "meta": {"a": 1}}, {}, "Song.meta has the default"),
        ({}, {"pth": "/songs"}, "Song is declared with 'pth'"),
        ({}, {"frozen": True}, "Song is declared with 'frozen'"),
        ({}, {"path": "/a", "paths": ("/b",)}, "both path and paths"),
        ({}, {"paths": "/songs"}, "paths '/songs'"),
        ({"__slots__": ("a",)}, {}, "Song cannot be declared"),
    ],
)
def test_what_is_no_declaration_is_refused(
    body: dict[str, Any], arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(DeclarationError, match=said) as refused:
        make(body, **arguments)
    assert refused.value.hint


def test_the_nearest_class_argument_is_named() -> None:
    with pytest.raises(DeclarationError) as refused:
        make({}, pth="/songs")
    assert refused.value.hint == "Did you mean 'path'? Known: path, paths."
