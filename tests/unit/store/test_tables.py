"""The tables of declarations: columns, keys and indexes, and what cannot stand together."""

from datetime import date, datetime

import pytest

from antiphon.errors import DeclarationError
from antiphon.resources import Ref, Resource, declare, field
from antiphon.store.tables import describe_tables


class Artist(Resource):
    name: str = field(folded=True, unique=True)


class Song(Resource):
    title: str = field(folded=True)
    artist: Ref[Artist] | None = None
    sequel: Ref["Song"] | None = None
    year: int | None = field(default=None, index=True)
    length: float = 0.0
    live: bool = False
    released: date | None = None
    played: datetime | None = None
    tags: list[str] = field(default_factory=list)
    indexes = (("title", "year"), ("year", "id"))
    uniques = (("artist", "title"),)


TABLES = describe_tables([declare(Song), declare(Artist)]).tables


def test_a_field_is_a_typed_column() -> None:
    assert {column.name: str(column.type) for column in TABLES["songs"].columns} == {
        "id": "TEXT",
        "revision": "BIGINT",
        "title": "TEXT",
        "artist": "TEXT",
        "sequel": "TEXT",
        "year": "BIGINT",
        "length": "DOUBLE",
        "live": "BOOLEAN",
        "released": "DATE",
        "played": "DATETIME",
        "tags": "TEXT",
        "title_folded": "TEXT",
        "record": "TEXT",
    }
    assert [column.name for column in TABLES["songs"].primary_key] == ["id"]
    nullable = {column.name for column in TABLES["songs"].columns if column.nullable}
    assert nullable == {"artist", "sequel", "year", "released", "played"}


def test_references_are_foreign_keys() -> None:
    assert {key.parent.name: key.target_fullname for key in TABLES["songs"].foreign_keys} == {
        "artist": "artists.id",
        "sequel": "songs.id",
    }


def test_indexes_end_with_the_id_and_keys_do_not() -> None:
    found = {
        index.name: (index.unique, [column.name for column in index.columns])
        for table in ("songs", "artists")
        for index in TABLES[table].indexes
    }
    assert found == {
        "unique_songs__artist__title": (True, ["artist", "title_folded"]),
        "unique_artists__name": (True, ["name_folded"]),
        "index_songs__artist": (False, ["artist", "id"]),
        "index_songs__sequel": (False, ["sequel", "id"]),
        "index_songs__year": (False, ["year", "id"]),
        "index_songs__title__year": (False, ["title_folded", "year", "id"]),
        "index_songs__year__id": (False, ["year", "id"]),
    }


def test_antiphons_own_tables_are_there() -> None:
    assert {name for name in TABLES if name.startswith("antiphon_")} == {
        "antiphon_log",
        "antiphon_answers",
        "antiphon_reactions",
        "antiphon_waiting",
        "antiphon_meta",
    }


def test_a_reference_to_what_is_not_served_is_refused() -> None:
    with pytest.raises(
        DeclarationError, match=r"Song\.artist refers to Artist, which is not served"
    ) as caught:
        describe_tables([declare(Song)])
    assert "Give Artist to the Application" in caught.value.hint


def test_two_resources_need_two_tables() -> None:
    class Tune(Resource, path="/top-songs"):
        title: str

    class Hit(Resource, path="/top_songs"):
        title: str

    with pytest.raises(DeclarationError, match="Hit and Tune have one table, top_songs"):
        describe_tables([declare(Tune), declare(Hit)])


def test_two_resources_need_two_names() -> None:
    first = declare(Artist)

    class Artist_(Resource, path="/others"):  # noqa: N801
        name: str

    Artist_.__name__ = "Artist"
    with pytest.raises(DeclarationError, match="Two resources have the name Artist"):
        describe_tables([first, declare(Artist_)])


def test_no_two_indexes_share_a_name() -> None:
    class A(Resource, path="/a"):
        b_c: str = field(index=True)
        b: str = ""
        c: str = ""
        indexes = (("b", "c"),)

    class B(Resource, path="/a_b"):
        c: str = field(index=True)

    names = [
        index.name
        for table in describe_tables([declare(A), declare(B)]).tables.values()
        for index in table.indexes
    ]
    assert len(names) == len(set(names))
