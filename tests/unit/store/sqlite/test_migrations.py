"""Declarations change: what adds is done at start, what could lose waits until someone has seen the plan."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from tests.unit.store.sqlite.files import check, create, declared, opened, rows, state, write

from antiphon.errors import StoreError
from antiphon.resources import Ref, Resource, field
from antiphon.store import Step, migrate, plan_migration


class Song(Resource, path="/songs"):
    title: str


class Artist(Resource, path="/artists"):
    name: str = ""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with two songs, one of which was renamed."""
    path = tmp_path / "app.db"
    create(path, Song(id="a", title="Hunter"), Song(id="b", title="Jóga"))
    write(path, (Song,), lambda tx: tx.update(tx.get(Song, "b"), title="Jóga live"))
    return path


def start(path: Path, *resources: type[Resource]) -> str:
    """Open the store as a server or an import does; returns the log's incarnation."""
    with opened(path, *resources) as store:
        return store.incarnation


def plan(path: Path, *resources: type[Resource]) -> list[Step]:
    return plan_migration(path.parent, "app", declared(*resources))


def accept(path: Path, *resources: type[Resource]) -> list[Step]:
    """Look at the plan, see that a start refuses it, and apply it."""
    steps = plan(path, *resources)
    with pytest.raises(StoreError, match="holds what could be lost") as refused:
        start(path, *resources)
    assert "`antiphon migrate`" in refused.value.hint
    for step in steps:
        assert step.loses == (step.what in refused.value.detail)
    migrate(path.parent, "app", declared(*resources), steps)
    check(path, *resources)
    return steps


def log(path: Path) -> list[tuple[Any, ...]]:
    return rows(path, "SELECT position, id, kind, before, after FROM antiphon_log ORDER BY position")


class TestAdditions:
    def test_a_field_comes_with_its_columns_and_its_place_in_the_record(self, path: Path) -> None:
        class Song(Resource, path="/songs"):
            genre: str = field(default="Électro", folded=True, index=True)
            title: str
            length: float | None = None

        before = log(path)
        start(path, Song)
        assert rows(
            path, "SELECT id, revision, genre, genre_folded, length, record FROM songs ORDER BY id"
        ) == [
            (
                "a",
                1,
                "Électro",
                "electro",
                None,
                '{"id":"a","revision":1,"genre":"Électro","title":"Hunter","length":null}',
            ),
            (
                "b",
                3,
                "Électro",
                "electro",
                None,
                '{"id":"b","revision":3,"genre":"Électro","title":"Jóga live","length":null}',
            ),
        ]
        assert log(path) == before
        check(path, Song)

    def test_fields_in_another_order(self, tmp_path: Path) -> None:
        class Thing(Resource, path="/things"):
            name: str
            done: bool

        class Turned(Resource, path="/things"):
            done: bool
            name: str

        path = tmp_path / "app.db"
        create(path, Thing(id="a", name="Lamp", done=True))
        assert [step.what for step in plan(path, Turned)] == ["put the fields of things in their new order"]
        start(path, Turned)
        assert rows(path, "SELECT record FROM things") == [
            ('{"id":"a","revision":1,"done":true,"name":"Lamp"}',)
        ]
        check(path, Turned)
        assert plan(path, Turned) == []

    def test_a_table_and_a_reference_to_it(self, path: Path) -> None:
        class Song(Resource, path="/songs"):
            title: str
            artist_id: Ref[Artist] | None = None

        start(path, Song, Artist)
        check(path, Song, Artist)
        create(path, Artist(id="bjork"), also=(Song,))
        write(path, (Song, Artist), lambda tx: tx.update(tx.get(Song, "a"), artist_id="bjork"))

    def test_indexes_come_and_go_and_the_rows_are_left_alone(self, path: Path) -> None:
        class Indexed(Resource, path="/songs"):
            title: str = field(index=True)

        steps = plan(path, Indexed)
        assert [step.what for step in steps] == ["index songs (title)"]
        start(path, Indexed)
        check(path, Indexed)
        assert [step.what for step in plan(path, Song)] == ["drop the key or index on songs (title)"]
        start(path, Song)
        check(path, Song)

    def test_a_unique_key_that_holds(self, path: Path) -> None:
        class Unique(Resource, path="/songs"):
            title: str = field(unique=True)

        start(path, Unique)
        check(path, Unique)

    def test_folding(self, path: Path) -> None:
        class Folded(Resource, path="/songs"):
            title: str = field(folded=True)

        start(path, Folded)
        assert rows(path, "SELECT title_folded FROM songs ORDER BY id") == [("hunter",), ("joga live",)]
        check(path, Folded)
        start(path, Song)  # what is folded can be made again, and so nothing is lost
        check(path, Song)

    def test_what_may_be_null_and_what_is_longer(self, path: Path) -> None:
        class Loose(Resource, path="/songs"):
            title: str | None = field(max_length=1000)

        start(path, Loose)
        check(path, Loose)
        create(path, Loose(title=None))

    def test_a_constraint_that_all_records_meet(self, path: Path) -> None:
        class Short(Resource, path="/songs"):
            title: str = field(max_length=9)

        assert plan(path, Short) == [Step("change songs.title: hold it to its new type and constraints")]
        start(path, Short)
        check(path, Short)

    def test_a_default_that_changes_leaves_records_and_log_as_they_were_read(self, path: Path) -> None:
        class Jazz(Resource, path="/songs"):
            title: str
            genre: str = "jazz"

        class Rock(Resource, path="/songs"):
            title: str
            genre: str = "rock"

        class Chosen(Resource, path="/songs"):
            title: str
            genre: str

        start(path, Jazz)
        start(path, Rock)
        check(path, Rock)
        create(path, Rock(id="c", title="Army of Me"))
        start(path, Chosen)
        check(path, Chosen)
        assert rows(path, "SELECT id, genre FROM songs ORDER BY id") == [
            ("a", "jazz"),
            ("b", "jazz"),
            ("c", "rock"),
        ]

    def test_a_field_that_may_be_null_and_has_no_default(self, path: Path) -> None:
        class Dated(Resource, path="/songs"):
            title: str
            released: date | None

        start(path, Dated)
        check(path, Dated)
        assert rows(path, "SELECT released FROM songs") == [(None,), (None,)]

    def test_a_resource_that_was_called_with_another_sign(self, tmp_path: Path) -> None:
        class Dashed(Resource, path="/top-songs"):
            title: str

        class Lined(Resource, path="/top_songs"):
            title: str

        create(tmp_path / "app.db", Dashed(title="Hunter"))
        start(tmp_path / "app.db", Lined)
        check(tmp_path / "app.db", Lined)
        assert len(rows(tmp_path / "app.db", "SELECT 1 FROM antiphon_log WHERE resource = '/top_songs'")) == 1

    def test_a_view_that_a_person_made_stays(self, path: Path) -> None:
        class Longer(Resource, path="/songs"):
            title: str
            length: float = 0.0

        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE VIEW titles AS SELECT title FROM songs")
        start(path, Longer)
        assert rows(path, "SELECT * FROM titles ORDER BY 1") == [("Hunter",), ("Jóga live",)]


class TestLosses:
    def test_a_field_that_is_gone(self, path: Path) -> None:
        class Tagged(Resource, path="/songs"):
            title: str
            mood: str | None = None

        start(path, Tagged)
        write(path, (Tagged,), lambda tx: tx.update(tx.get(Tagged, "a"), mood="wild"))
        incarnation = start(path, Tagged)
        assert accept(path, Song) == [Step("remove songs.mood", 1, 1, loses=True)]
        assert start(path, Song) == incarnation
        # Followers are told, and the log keeps what is no longer there.
        assert [entry[:3] for entry in log(path)[4:]] == [(5, "a", "changed"), (6, "b", "changed")]
        assert '"mood":"wild"' in log(path)[4][3]
        assert log(path)[4][4] == '{"id":"a","revision":5,"title":"Hunter"}'

    def test_a_table_that_is_gone_and_comes_back(self, path: Path) -> None:
        steps = accept(path, Artist)
        assert steps == [
            Step("add the table artists"),
            Step("remove the table songs; the log keeps its records", 2, 2, loses=True),
        ]
        assert [entry[1:3] for entry in log(path)[3:]] == [("a", "removed"), ("b", "removed")]
        start(path, Artist, Song)
        check(path, Artist, Song)
        assert state(path, Song) == {}

    def test_a_type_that_changes(self, tmp_path: Path) -> None:
        class Text(Resource, path="/songs"):
            length: str | None = None

        class Number(Resource, path="/songs"):
            length: float | None = None

        path = tmp_path / "app.db"
        create(
            path,
            Text(id="a", length="12.5"),
            Text(id="b", length="long"),
            Text(id="c"),
            Text(id="d", length="nan"),
        )
        incarnation = start(path, Text)
        convert, anew = accept(path, Number)
        assert convert == Step("change songs.length: turn it from text into number", 3, 2, loses=True)
        assert anew.what.startswith("begin the log anew")
        assert (anew.rows, anew.lost, anew.loses) == (4, 4, True)
        assert rows(path, "SELECT id, length FROM songs ORDER BY id") == [
            ("a", 12.5),
            ("b", None),
            ("c", None),
            ("d", None),
        ]
        assert start(path, Number) != incarnation
        assert [entry[:4] for entry in log(path)] == [
            (5 + n, id, "added", None) for n, id in enumerate("abcd")
        ]

    def test_a_type_that_every_value_fits_keeps_the_log(self, tmp_path: Path) -> None:
        class Integer(Resource, path="/songs"):
            length: int = 0

        class Number(Resource, path="/songs"):
            length: float = 0.0

        path = tmp_path / "app.db"
        create(path, Integer(length=3))
        incarnation = start(path, Integer)
        assert accept(path, Number) == [
            Step("change songs.length: turn it from integer into number", 1, 0, loses=True)
        ]
        assert start(path, Number) == incarnation
        assert len(log(path)) == 1

    def test_digits_that_a_number_has_no_room_for(self, tmp_path: Path) -> None:
        class Integer(Resource, path="/songs"):
            length: int = 0

        class Number(Resource, path="/songs"):
            length: float = 0.0

        path = tmp_path / "app.db"
        create(path, Integer(length=2**53 + 1))
        assert accept(path, Number)[0].lost == 1
        assert rows(path, "SELECT length FROM songs") == [(0.0,)]

    def test_a_boolean_becomes_a_number_or_a_text(self, tmp_path: Path) -> None:
        class Boolean(Resource, path="/songs"):
            live: bool
            known: bool

        class Other(Resource, path="/songs"):
            live: int
            known: str

        path = tmp_path / "app.db"
        create(path, Boolean(live=True, known=False))
        assert [step.lost for step in accept(path, Other)] == [0, 0, 1]
        assert rows(path, "SELECT live, known FROM songs") == [(1, "false")]

    def test_null_that_is_no_longer_allowed(self, tmp_path: Path) -> None:
        class Optional(Resource, path="/songs"):
            genre: str | None = None

        class Required(Resource, path="/songs"):
            genre: str = "unknown"

        path = tmp_path / "app.db"
        create(path, Optional(id="a"), Optional(id="b", genre="jazz"))
        steps = accept(path, Required)
        assert steps[0] == Step("change songs.genre: fill it where it is null", 1, 0, loses=True)
        assert rows(path, "SELECT genre FROM songs ORDER BY id") == [("unknown",), ("jazz",)]

    def test_a_constraint_that_some_records_break(self, path: Path) -> None:
        class Short(Resource, path="/songs"):
            title: str | None = field(max_length=6)

        assert accept(path, Short) == [
            Step("change songs.title: hold it to its new type and constraints", 1, 1, loses=True)
        ]
        assert rows(path, "SELECT title FROM songs ORDER BY id") == [("Hunter",), (None,)]
        assert log(path)[-1][:3] == (4, "b", "changed")

    def test_a_choice_that_is_gone(self, tmp_path: Path) -> None:
        class Three(Resource, path="/songs"):
            state: Literal["new", "known", "old"] = "new"

        class Two(Resource, path="/songs"):
            state: Literal["new", "known"] = "new"

        path = tmp_path / "app.db"
        create(path, Three(id="a", state="old"), Three(id="b", state="known"))
        steps = accept(path, Two)
        assert (steps[0].rows, steps[0].lost) == (1, 1)
        assert rows(path, "SELECT state FROM songs ORDER BY id") == [("new",), ("known",)]

    def test_ids_that_refer_to_nothing(self, tmp_path: Path) -> None:
        class Loose(Resource, path="/songs"):
            artist_id: str | None = None

        class Bound(Resource, path="/songs"):
            artist_id: Ref[Artist] | None = None

        path = tmp_path / "app.db"
        write(
            path,
            (Loose, Artist),
            lambda tx: [
                tx.create(Artist(id="bjork")),
                tx.create(Loose(id="a", artist_id="bjork")),
                tx.create(Loose(id="b", artist_id="nobody")),
            ],
        )
        assert accept(path, Bound, Artist) == [
            Step("change songs.artist_id: hold it to ids of artists", 1, 1, loses=True),
            Step("index songs (artist_id)", 2),
        ]
        assert rows(path, "SELECT artist_id FROM songs ORDER BY id") == [("bjork",), (None,)]

    def test_ids_of_a_resource_that_is_new(self, tmp_path: Path) -> None:
        class Loose(Resource, path="/songs"):
            artist_id: str | None = None

        class Bound(Resource, path="/songs"):
            artist_id: Ref[Artist] | None = None

        path = tmp_path / "app.db"
        create(path, Loose(artist_id="bjork"))
        assert accept(path, Bound, Artist)[1].lost == 1

    def test_a_table_refers_to_itself(self, tmp_path: Path) -> None:
        class Loose(Resource, path="/songs"):
            cover_of: str | None = None

        class Bound(Resource, path="/songs"):
            cover_of: Ref["Bound"] | None = None

        Bound.__annotations__["cover_of"] = Ref[Bound] | None
        path = tmp_path / "app.db"
        # "a" refers to what comes after it, so that no half-filled table may be asked
        create(path, Loose(id="a", cover_of="b"), Loose(id="b", cover_of="z"))
        assert accept(path, Bound)[0].lost == 1
        assert rows(path, "SELECT cover_of FROM songs ORDER BY id") == [("b",), (None,)]

    def test_members_of_json_that_are_gone(self, tmp_path: Path) -> None:
        class Both(msgspec.Struct):
            writer: str = ""
            player: str = ""

        class One(msgspec.Struct):
            writer: str = ""

        class Wide(Resource, path="/songs"):
            by: list[Both]

        class Narrow(Resource, path="/songs"):
            by: list[One]

        path = tmp_path / "app.db"
        create(path, Wide(id="a", by=[Both("x", "y")]), Wide(id="b", by=[]))
        assert accept(path, Narrow) == [
            Step("change songs.by: hold it to its new type and constraints", 1, 1, loses=True)
        ]
        assert rows(path, "SELECT by FROM songs ORDER BY id") == [('[{"writer":"x"}]',), ("[]",)]
        assert not any(step.loses for step in plan(path, Wide))  # members that come have defaults
        start(path, Wide)
        assert rows(path, "SELECT by FROM songs WHERE id = 'a'") == [('[{"writer":"x","player":""}]',)]
        check(path, Wide)


class TestObstacles:
    def refused(self, path: Path, resource: type[Resource]) -> str:
        """What is said of a declaration that no migration can reach; the file stays as it is."""
        before = path.read_bytes(), log(path), rows(path, "SELECT * FROM songs")
        steps = plan(path, resource)
        messages = set()
        for attempt in (start, lambda path, resource: migrate(path.parent, "app", declared(resource), steps)):
            with pytest.raises(StoreError) as refused:
                attempt(path, resource)
            messages.add(refused.value.detail)
        assert (path.read_bytes(), log(path), rows(path, "SELECT * FROM songs")) == before
        (message,) = messages
        return message

    def test_a_unique_key_that_is_taken(self, path: Path) -> None:
        class Unique(Resource, path="/songs"):
            title: str = field(unique=True, folded=True)

        create(path, *(Song(id=f"c{n}", title="HUNTER") for n in range(3)))
        message = self.refused(path, Unique)
        assert 'values held by several records: 1 ("hunter" by 4, such as a and c2)' in message

    def test_a_value_that_no_record_has(self, path: Path) -> None:
        class Required(Resource, path="/songs"):
            title: str
            genre: str

        assert "add songs.genre: they have no value for it: give it a default" in self.refused(path, Required)

    def test_a_value_that_cannot_be_kept_nor_left_out(self, path: Path) -> None:
        class Short(Resource, path="/songs"):
            title: str = field(max_length=6)

        assert "it cannot take the values of 1 records, such as b" in self.refused(path, Short)


def test_a_reference_that_a_person_broke_stops_the_change(tmp_path: Path) -> None:
    class Bound(Resource, path="/songs"):
        artist_id: Ref[Artist] | None = None

    class Longer(Resource, path="/songs"):
        artist_id: Ref[Artist] | None = None
        length: float = 0.0

    path = tmp_path / "app.db"
    create(path, Artist(id="bjork"), also=(Bound,))
    create(path, Bound(artist_id="bjork"), also=(Artist,))
    with closing(sqlite3.connect(path)) as connection, connection:  # whose shell minds no references
        connection.execute("DELETE FROM artists")
    with pytest.raises(StoreError, match="A row of songs refers to a row of artists that is not there"):
        start(path, Longer, Artist)
    assert "length" not in rows(path, "SELECT sql FROM sqlite_master WHERE name = 'songs'")[0][0]


def test_a_plan_that_is_out_of_date_is_not_applied(path: Path) -> None:
    steps = plan(path, Artist)
    create(path, Song(title="Bachelorette"))
    with pytest.raises(StoreError, match="changed since the plan was made"):
        migrate(path.parent, "app", declared(Artist), steps)
    assert len(rows(path, "SELECT * FROM songs")) == 3


def test_without_a_store_there_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no store"):
        plan(tmp_path / "app.db", Song)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_do(path: Path) -> None:
    assert plan(path, Song) == []
    migrate(path.parent, "app", declared(Song), [])
    check(path, Song)
