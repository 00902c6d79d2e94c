"""What an uploaded file is called on the disk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon_music.catalog.uploads.route import safe_name


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("songs.csv", "songs.csv"),
        ("C:\\Users\\ana\\My songs.csv", "My songs.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("Jóga – live.json", "Jóga _ live.json"),
        ("", ""),
        ("..", ""),
        (".csv", ""),
        ("a" * 300 + ".csv", "a" * 120 + ".csv"),
        ("\U00020000" * 85 + ".csv", "\U00020000" * 30 + ".csv"),
    ],
)
def test_names(filename: str, name: str) -> None:
    assert safe_name(filename) == name


@given(st.text(max_size=300))
def test_no_name_leads_elsewhere(filename: str) -> None:
    name = safe_name(filename)
    assert not set(name) & set("/\\\0\n\r:")
    assert not name.startswith(".")
    assert len(name.encode()) <= 255
