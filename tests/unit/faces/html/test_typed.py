import json
from datetime import date, datetime
from typing import Literal

import pytest

from antiphon import Ref, Resource, Transaction, action, caller, field
from antiphon.errors import Invalid, Malformed
from antiphon.faces.html.typed import arguments_of, changes_of, new_record, parse_form
from antiphon.resources import declare


class Room(Resource):
    name: str


class Thing(Resource):
    title: str
    size: int
    weight: float | None = None
    count: int = 1
    sold: bool = False
    kind: Literal["new", "old"] = "new"
    room: Ref[Room] | None = None
    made: date | None = None
    seen: datetime | None = None
    words: list[str] = field(default_factory=list)
    extra: dict[str, int] = field(default_factory=dict)
    note: str | None = None
    secret: str = field(default="", hidden=True)
    owner: str = field(default=caller.id)


@action(Thing)
def move(thing: Thing, room: str, steps: int = 1, *, tx: Transaction) -> Thing:
    return thing


THING = declare(Thing)


def test_of_a_name_that_comes_again_the_last_counts() -> None:
    assert parse_form(b"a=false&b=x+y%26&a=true&c=") == {"a": "true", "b": "x y&", "c": ""}


def test_lines_are_those_of_everyone_else() -> None:
    assert parse_form(b"a=one%0D%0Atwo") == {"a": "one\ntwo"}


@pytest.mark.parametrize("body", [b"a=%ff", "ä=\xff".encode("latin-1"), b"&".join([b"a=b"] * 101)])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_form(body)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("title", "", ""),
        ("title", " x ", " x "),
        ("size", " 12 ", 12),
        ("weight", "1.5", 1.5),
        ("weight", "", None),
        ("sold", "true", True),
        ("sold", "false", False),
        ("kind", "old", "old"),
        ("room", "", None),
        ("room", "r1", "r1"),
        ("made", "2027-01-31", "2027-01-31"),
        ("seen", "2027-01-31T12:00", "2027-01-31T12:00:00Z"),
        ("seen", "2027-01-31T12:00:05.25", "2027-01-31T12:00:05.25Z"),
        ("seen", "2027-01-31T12:00:00+02:00", "2027-01-31T12:00:00+02:00"),
        ("words", "one\n\n two \n", ["one", "two"]),
        ("extra", '{"a": 1}', {"a": 1}),
        ("note", "", None),
        ("unknown", "x", "x"),
    ],
)
def test_a_text_becomes_a_value_of_its_field(name: str, text: str, value: object) -> None:
    assert json.loads(new_record(THING, {name: text})) == {name: value}
    assert json.loads(changes_of(THING, {name: text})) == {name: value}


@pytest.mark.parametrize("name", ["count", "kind", "sold", "words", "extra"])
def test_an_empty_field_is_left_out_of_what_is_new_and_goes_back_to_its_default(name: str) -> None:
    assert json.loads(new_record(THING, {name: ""})) == {}
    assert json.loads(changes_of(THING, {name: ""})) == {name: None}


def test_an_empty_hidden_field_changes_nothing() -> None:
    assert json.loads(changes_of(THING, {"secret": ""})) == {}
    assert json.loads(changes_of(THING, {"secret": "x"})) == {"secret": "x"}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("size", "", "A value is required."),
        ("size", "1.5", "Write an integer"),
        ("size", "9" * 30, "Write an integer"),
        ("weight", "nan", "Write a number"),
        ("made", "31.1.2027", "Write a date"),
        ("seen", "noon", "Write a time"),
        ("extra", "{", "Write JSON"),
        ("extra", "[" * 100_000, "Write JSON"),
        ("sold", "maybe", "Write true or false"),
    ],
)
def test_what_is_no_value_is_told_of_its_field(name: str, text: str, says: str) -> None:
    with pytest.raises(Invalid) as told:
        changes_of(THING, {name: text, "title": "x"})
    (error,) = told.value.errors
    assert error.field == name
    assert error.detail.startswith(says)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Invalid) as told:
        new_record(THING, {"size": "x", "made": "y", "title": "z"})
    assert [each.field for each in told.value.errors] == ["size", "made"]


def test_arguments_of_an_action() -> None:
    found = THING.actions["move"]
    assert json.loads(arguments_of(found, {"room": "r", "steps": "3"})) == {"room": "r", "steps": 3}
    assert json.loads(arguments_of(found, {"room": "", "steps": ""})) == {"room": "", "steps": 1}
    for typed, name in (({"room": "r", "steps": "x"}, "steps"), ({"room": "r", "more": "x"}, "")):
        with pytest.raises(Invalid) as told:
            arguments_of(found, typed)
        assert [each.field for each in told.value.errors] == ([name] if name else [])
