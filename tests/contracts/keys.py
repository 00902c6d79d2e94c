"""Unique keys and references: what would break one is refused by field, value and remedy."""

from typing import Any

import msgspec
import pytest
from tests.contracts.catalog import Artist, Song
from tests.contracts.opener import Command, add, check_log, do, refusal

from antiphon.errors import AlreadyExists, Invalid, NotUnique, StillReferenced
from antiphon.operations import Store, Transaction


class KeyContract:
    def test_an_id_is_taken_once(self, store: Store) -> None:
        do(store, add(id="a"))
        refused = refusal(store, add("b", id="a"), AlreadyExists)
        assert refused.detail == "There is a Song 'a' already."
        assert refused.hint

    @pytest.mark.parametrize(
        ("free", "wanted", "said"),
        [
            (Artist(id="free", name="x"), {"name": "BJÖRK"}, "Artist has name 'BJÖRK'"),
            (Song(id="free", title="x"), {"number": 5}, "Song has number 5"),
            (
                Song(id="free", title="a"),
                {"artist": "bjork"},
                "Song has artist 'bjork', title 'a'",
            ),
        ],
    )
    def test_a_unique_key_is_held_by_one(
        self, store: Store, free: Any, wanted: dict[str, Any], said: str
    ) -> None:
        do(store, lambda tx: tx.create(Artist(id="bjork", name="Bjork")))
        do(store, add("a", artist="bjork", number=5))
        do(store, lambda tx: tx.create(free))
        commands: list[Command[Any]] = [
            lambda tx: tx.update(free, **wanted),
            lambda tx: tx.put(msgspec.structs.replace(free, **wanted)),
            lambda tx: tx.create(msgspec.structs.replace(free, id="", **wanted)),
        ]
        for command in commands:
            refused = refusal(store, command, NotUnique)
            assert said in refused.detail
            assert refused.hint
        assert check_log(store) == 3

    def test_null_is_in_no_key(self, store: Store) -> None:
        do(store, lambda tx: [tx.create(Song(title="a")) for _ in range(3)])
        assert check_log(store) == 3

    def test_a_reference_leads_somewhere(self, store: Store) -> None:
        commands: list[Command[Any]] = [
            add(artist="nobody"),
            lambda tx: tx.update(tx.create(Song(title="a")), artist="nobody"),
        ]
        for command in commands:
            refused = refusal(store, command, Invalid)
            assert refused.detail == "artist: there is no Artist 'nobody'."
            assert "/artists" in refused.hint
        do(store, add(id="a", sequel="a"))
        assert check_log(store) == 1

    def test_what_is_referred_to_stays(self, store: Store) -> None:
        artist = do(store, lambda tx: tx.create(Artist(id="x", name="x")))
        song = do(store, add(id="a", artist="x"))
        refused = refusal(store, lambda tx: tx.delete(artist), StillReferenced)
        assert refused.detail == "A record at /songs refers to it by artist."
        assert "/songs?artist=x" in refused.hint

        def both(tx: Transaction) -> None:
            tx.delete(song)
            tx.delete(artist)

        do(store, both)
        assert check_log(store) == 4

    def test_records_may_refer_to_each_other(self, store: Store) -> None:
        def command(tx: Transaction) -> None:
            artist = tx.create(Artist(id="x", name="x"))
            tx.create(Song(id="a", title="a", artist="x", sequel="a"))
            tx.update(artist, best="a")

        do(store, command)
        refused = refusal(store, lambda tx: tx.delete(tx.get(Song, "a")), StillReferenced)
        assert refused.detail == "A record at /artists refers to it by best."
        assert check_log(store) == 3
