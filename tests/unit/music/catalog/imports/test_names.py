"""Which artist, album or genre a source means."""

import pytest

from antiphon_music.catalog.imports.entry import Name
from antiphon_music.catalog.imports.names import Names


def test_a_name_is_known_by_its_folded_spelling() -> None:
    names = Names([(("bjork",), "chinook-artist-3")])
    assert names.id(Name("BJÖRK")) == "chinook-artist-3"
    assert names.id(Name("Sigur Rós")) == "sigur-ros"


def test_an_id_of_the_source_counts_before_the_name_and_other_sources_are_shared() -> None:
    names = Names([(("nirvana",), "chinook-artist-1")])
    assert names.id(Name("Nirvana", "spotify-artist-a", "spotify-artist")) == "chinook-artist-1"
    assert names.id(Name("Nirvana", "chinook-artist-9", "chinook-artist")) == "chinook-artist-9"
    names.note("x", "spotify-artist-b", "Other")
    assert names.id(Name("Another", "spotify-artist-b", "spotify-artist")) == "spotify-artist-b"


def test_namesakes_are_set_apart() -> None:
    names = Names([(("greatest hits", "x"), "hits-of-x")])
    assert names.id(Name("Greatest Hits"), "x") == "hits-of-x"
    assert names.id(Name("Greatest Hits"), "y") != "hits-of-x"


@pytest.mark.parametrize("done", [True, False])
def test_what_an_undone_transaction_noted_is_forgotten(done: bool) -> None:
    names = Names()
    names.note("told", "x", "X")
    if done:
        names.keep()
    names.forget()
    assert ("x" in names) is done
    assert names.seen("told") == ("x" if done else None)
