"""Which column holds what."""

import pytest

from antiphon_music.catalog.imports.columns import assign
from antiphon_music.catalog.imports.table import Unusable


def test_names_of_real_files() -> None:
    assert assign(["activity", "disc", "duration", "id", "title", "track", "trackartist", "trackurl"]) == {
        "id": "id",
        "title": "title",
        "artist": "trackartist",
        "length": "duration",
        "track": "track",
        "disc": "disc",
    }
    assert assign(["Song Clean", "ARTIST CLEAN", "Release Year", "First?", "Year?"]) == {
        "title": "Song Clean",
        "artist": "ARTIST CLEAN",
        "year": "Release Year",
    }
    assert assign(["No.", "Title", "Artist(s)", "Album", "Length"]) == {
        "title": "Title",
        "artist": "Artist(s)",
        "album": "Album",
        "length": "Length",
        "track": "No.",
    }
    assert assign(["Track Name", "Album Artist Name(s)", "Duration (ms)"])["length"] == "Duration (ms)"


def test_a_joined_table_tells_of_the_album() -> None:
    found = assign(
        ["id", "title", "trackartist", "duration"],
        ["artist", "album", "genre", "year", "duration"],
        keys=["id"],
    )
    assert found == {
        "title": "title",
        "artist": "trackartist",
        "length": "duration",
        "album": "album",
        "album_artist": "artist",
        "genre": "genre",
        "year": "year",
    }


def test_the_user_has_the_first_word() -> None:
    assert assign(["Name", "What"], chosen={"title": "What", "artist": "Name"}) == {
        "title": "What",
        "artist": "Name",
    }
    assert "id" not in assign(["id", "title"], chosen={"id": ""})


@pytest.mark.parametrize(
    ("columns", "chosen", "said"),
    [
        (["x", "y"], {}, "Say which: --map title=COLUMN"),
        (["title"], {"colour": "title"}, "no field 'colour'"),
        (["title"], {"artist": "Who"}, "no column 'Who'; there are title"),
    ],
)
def test_what_cannot_be(columns: list[str], chosen: dict[str, str], said: str) -> None:
    with pytest.raises(Unusable, match=said):
        assign(columns, chosen=chosen)
