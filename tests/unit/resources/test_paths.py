"""Paths: the plural of the class name, or what the class says."""

import pytest

from antiphon.errors import DeclarationError
from antiphon.resources.paths import compile_paths, table_of


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Song", "/songs"),
        ("TopArtist", "/top-artists"),
        ("Category", "/categories"),
        ("Day", "/days"),
        ("Bus", "/buses"),
        ("Box", "/boxes"),
        ("Match", "/matches"),
        ("Dish", "/dishes"),
        ("HTTPLog", "/http-logs"),
        ("Mp3File", "/mp3-files"),
        ("TV", "/tvs"),
        ("A", "/as"),
    ],
)
def test_a_class_is_served_under_its_plural(name: str, path: str) -> None:
    assert compile_paths(name, ()) == (path,)


def test_declared_paths_stay_in_order() -> None:
    assert compile_paths("Genre", ("/genres", "/genre")) == ("/genres", "/genre")


@pytest.mark.parametrize(
    "path",
    [
        "songs",
        "/",
        "",
        "/Songs",
        "/songs/",
        "/songs/top",
        "/top--songs",
        "/-songs",
        "/songs-",
        "/söngs",
        "/songs.json",
        "/songs ",
        "/songs\n",
        "/antiphon-log",
        "/antiphon_log",
        "/sqlite-master",
        "/top__songs",
    ],
)
def test_a_path_that_cannot_be_served_is_refused(path: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        compile_paths("Song", ("/songs", path))
    assert repr(path) in refused.value.detail
    assert 'path="/top-songs"' in refused.value.hint


def test_a_class_name_that_makes_no_path_is_refused() -> None:
    with pytest.raises(DeclarationError, match="/chanson-d'été"):
        compile_paths("Chanson-d'Été", ("/chanson-d'été",))
    with pytest.raises(DeclarationError, match="Müsik has the path '/müsiks'"):
        compile_paths("Müsik", ())


def test_a_path_twice_is_refused() -> None:
    with pytest.raises(DeclarationError, match="twice: /a, /b, /a"):
        compile_paths("Song", ("/a", "/b", "/a"))


def test_a_table_is_named_by_its_path() -> None:
    assert table_of("/top-artists") == table_of("/top_artists") == "top_artists"
