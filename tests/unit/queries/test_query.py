"""Queries: which have an order of their own, what a selection shows, how records sort."""

import json
from itertools import permutations

import pytest
from tests.unit.queries.songs import SONGS, Song

from antiphon.queries import Key, Query, Selection, Term
from antiphon.queries.query import Sortable


def term(name: str) -> Term:
    return Term(SONGS.by_name[name.removeprefix("-")], name.startswith("-"))


@pytest.mark.parametrize(
    ("names", "ordered"), [((), False), (("id",), False), (("-id",), True), (("title", "id"), True)]
)
def test_a_query_may_have_an_order_of_its_own(names: tuple[str, ...], ordered: bool) -> None:
    assert Query(SONGS, order=tuple(map(term, names))).ordered is ordered


def test_a_selection_keeps_id_and_revision_and_what_is_named_in_order() -> None:
    stored = SONGS.encode(Song(id="a", revision=3, title='Naïma \\ "x"', length=1.50, tags=["é", "b"]))
    shown = Selection(("tags", "id", "title", "length", "tags"))(stored).decode()
    assert shown == r'{"id":"a","revision":3,"tags":["é","b"],"title":"Naïma \\ \"x\"","length":1.5}'


def test_a_selection_of_a_field_that_a_stored_record_has_not_leaves_it_out() -> None:
    assert json.loads(Selection(("title", "genre"))(b'{"id":"a","revision":3,"title":"x"}')) == {
        "id": "a",
        "revision": 3,
        "title": "x",
    }


def test_null_is_least() -> None:
    songs = [
        Song(id="a", title="", genre="Jazz", year=None),
        Song(id="b", title="", genre=None, year=1),
        Song(id="c", title="", genre="jazz", year=0),
        Song(id="d", title="", genre="ÁMBIENT", year=5),
        Song(id="e", title="", genre=None, year=1),
    ]
    expected = {
        ("id",): "abcde",
        ("-id",): "edcba",
        ("genre", "id"): "bedac",
        ("-genre", "id"): "acdbe",
        ("genre", "year", "id"): "bedac",
        ("genre", "-year", "id"): "bedca",
        ("-year", "genre", "-id"): "debca",
    }
    for names, ids in expected.items():
        key = Key(tuple(map(term, names)))
        for shuffled in permutations(songs):
            assert "".join(each.id for each in sorted(shuffled, key=key.sortable)) == ids


def test_a_key_is_what_a_cursor_holds() -> None:
    key = Key(tuple(map(term, ("-genre", "year", "id"))))
    assert key(Song(id="a", title="", genre="Été")) == ("ete", None, "a")


def test_equal_keys_are_equal_and_not_less() -> None:
    one, same = Sortable((1, None, "a"), (True, False, False)), Sortable((1, None, "a"), (True, False, False))
    assert one == same
    assert hash(one) == hash(same)
    assert not one < same
    assert not same < one
    assert one != (1, None, "a")
