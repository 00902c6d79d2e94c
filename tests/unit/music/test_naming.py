"""Ids from names: readable, exact, and never longer than an id may be."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon_music.naming import key, name_id, slug, song_id, source_id

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Björk", "BJORK"), ("Sigur  Rós ", "sigur rós"), ("Straße", "STRASSE"), ("ｆｏｏ", "foo")],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert key(one) == key(other)
    assert name_id(one) == name_id(other)


def test_names_that_only_look_alike_are_two() -> None:
    names = ["AC/DC", "AC DC", "acdc", "Кино", "キノ", "!!!", "???", "-", "R&B", "R B"]
    assert len({name_id(name) for name in names}) == len(names)


def test_a_plain_name_is_its_own_id() -> None:
    assert name_id("Miles Davis") == "miles-davis"
    assert slug("Für Elise, WoO 59") == "fur-elise-woo-59"


def test_a_source_keeps_its_ids() -> None:
    assert source_id("chinook-track", "1") == "chinook-track-1"
    assert source_id("shop", "a/b") != source_id("shop", "a-b")


def test_copies_of_a_song_are_told_apart_and_the_first_is_the_song() -> None:
    assert song_id("X", "Y", None, copy=1) == song_id("x", "y", "")
    assert song_id("X", "Y", None, copy=2) != song_id("X", "Y", None)
    assert song_id("X", "Y", None) != song_id("X", None, "Y")


@given(st.text(min_size=1), st.text(), st.integers(1, 3))
def test_any_name_makes_an_id(name: str, other: str, copy: int) -> None:
    for id in (name_id(name), source_id(name, other), song_id(name, other, copy=copy)):
        assert ID.fullmatch(id), id
