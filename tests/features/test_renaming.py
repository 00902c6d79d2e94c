"""Renamed artists and albums: the copies of their names follow."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.music_logs import Service, Services, services

from antiphon_music.catalog import renaming
from antiphon_music.catalog.renaming import Renaming
from antiphon_music.catalog.resources import Album, Artist, Song


@pytest.fixture
def music(tmp_path: Path) -> Iterator[Services]:
    """The catalogue."""
    with services(tmp_path, "catalog") as music:
        yield music


def fill(catalog: Service, count: int = 1) -> None:
    def command(tx: Any) -> None:
        for id in ("trio", "duo"):
            tx.create(Artist(id=id, name=id.title()))
        tx.create(Album(id="blue", title="Blue", artist="Trio", artist_id="trio"))
        tx.create(Album(id="various", title="Various"))
        for place in range(count):
            tx.create(
                Song(
                    id=f"s{place}",
                    title="S",
                    artist="Trio",
                    artist_id="trio",
                    album="Blue",
                    album_id="blue",
                )
            )

    catalog.connection.write(command)


def rename(catalog: Service, resource: type[Artist] | type[Album], id: str, name: str) -> None:
    field = "name" if resource is Artist else "title"
    catalog.update(catalog.connection.get(resource, id), **{field: name})


def test_songs_and_albums_follow_and_others_stay(music: Services) -> None:
    catalog = music["catalog"]
    fill(catalog)
    several = Song(title="With", artist="Trio, Duo", artist_id="trio")
    second = Song(title="Second", artist="Duo, Trio", artist_id="duo")
    written = Song(title="By hand", artist="The Trio", artist_id="trio")
    longer = Song(title="Longer", artist="Trio Grande", artist_id="trio")
    for song in (several, second, written, longer):
        song.id = catalog.create(song).id
    rename(catalog, Artist, "trio", "Quartet")
    rename(catalog, Album, "blue", "Green")
    music.settle()
    song = catalog.connection.get(Song, "s0")
    assert (song.artist, song.album) == ("Quartet", "Green")
    assert catalog.connection.get(Album, "blue").artist == "Quartet"
    names = [catalog.connection.get(Song, each.id).artist for each in (several, second, written, longer)]
    assert names == ["Quartet, Duo", "Duo, Trio", "The Trio", "Trio Grande"]
    assert catalog.connection.get(Album, "various").artist is None
    made = len(catalog.changes)
    rename(catalog, Artist, "duo", "Duo")  # the same
    music.settle()
    assert len(catalog.changes) == made


def test_very_many_songs_are_renamed_some_at_a_time(music: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renaming, "AT_ONCE", 10)
    catalog = music["catalog"]
    fill(catalog, 35)
    rename(catalog, Artist, "trio", "Quartet")
    rename(catalog, Artist, "trio", "Quintet")
    reactions = catalog.app.reactions
    seen = []
    moved = True
    while moved:
        moved = False
        for reaction in reactions:
            before = len(catalog.changes)
            if music.step(catalog, reaction):
                moved = True
                made = catalog.changes[before:]
                seen.append(sum(each.resource in ("/songs", "/albums") for each in made))
    assert max(seen) == 10
    assert {song.artist for song in catalog.all(Song)} == {"Quintet"}
    assert catalog.all(Renaming) == []


NAMES = st.sampled_from(["A", "B", "A, B", "C"])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["trio", "duo"]), NAMES), max_size=8), st.randoms())
def test_the_last_name_stays_whatever_is_interleaved(renames: list[tuple[str, str]], chance: Any) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(renaming, "AT_ONCE", 2)
        with services(Path(folder), "catalog") as music:
            catalog = music["catalog"]
            fill(catalog, 7)
            for id, name in renames:
                rename(catalog, Artist, id, name)
                for _ in range(chance.randrange(4)):
                    music.step(catalog, chance.choice(catalog.app.reactions))
            music.settle()
            name = catalog.connection.get(Artist, "trio").name
            assert {song.artist for song in catalog.all(Song)} == {name}
            assert catalog.connection.get(Album, "blue").artist == name
            assert catalog.all(Renaming) == []
