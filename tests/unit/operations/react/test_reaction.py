"""Reactions are checked where they are declared, and say what is wrong and how to put it right."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from antiphon import Application, Change, Reaction, Resource, Transaction, react
from antiphon.errors import DeclarationError


class Play(Resource):
    song: str
    times: int = 1
    note: str | None = None


class Chart(Resource):
    plays: int = 0


class Heard(msgspec.Struct):
    song: str
    times: int = 0


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    song: str


class Unreadable(msgspec.Struct):
    song: Callable[[], int]


def good(change: Change[Play], tx: Transaction) -> None:
    """Do it."""


async def outside(change: Change[Play], key: str) -> None: ...


def bare(change, tx) -> None: ...  # type: ignore[no-untyped-def]


def afar(change: Change[Heard], tx: Transaction) -> None: ...


def strict(change: Change[Strict], tx: Transaction) -> None: ...


def unreadable(change: Change[Unreadable], tx: Transaction) -> None: ...


def one(change: Change[Play]) -> None: ...


def three(change: Change[Play], tx: Transaction, more: int) -> None: ...


def named(change: Change[Play], *, tx: Transaction) -> None: ...


def record(change: Play, tx: Transaction) -> None: ...


def other(change: Change[Chart], tx: Transaction) -> None: ...


def unknown(change: "Change[Nobody]", tx: Transaction) -> None: ...  # type: ignore[name-defined] # noqa: F821


def generator(change: Change[Play], tx: Transaction) -> Iterator[int]:
    yield 1


async def generator_outside(change: Change[Play], key: str) -> AsyncIterator[int]:
    yield 1


def row(**members: Any) -> Any:
    after = msgspec.json.encode({"id": "p1", "revision": 7, **members})
    return (7, "2026-01-31T12:00:00.000000Z", "/plays", "p1", "added", None, after, None, None, None)


def test_what_is_declared() -> None:
    found = react(to=Play, key="song", start="now", tries=3)(good)
    assert isinstance(found, Reaction)
    assert (found.name, found.source, found.service, found.waits) == ("good", "/plays", "", False)
    assert (found.start, found.tries) == ("now", 3)
    assert found.__doc__ == "Do it."
    assert found(None, None) is None
    assert react(to=Play)(outside).waits
    assert react(to=Play)(bare).record is Play
    away = react(to="social/plays", name="away", key="id")(afar)
    assert (away.name, away.source, away.service, away.resource) == (
        "away",
        "social/plays",
        "social",
        "/plays",
    )


@pytest.mark.parametrize(
    ("options", "function", "said"),
    [
        ({}, lambda change, tx: None, "has no name that can be used"),
        ({"name": "a b"}, good, "'a b' has no name"),
        ({}, partial(good), "has no name that can be used"),
        ({"to": "plays"}, afar, 'Write a resource of this application, or "SERVICE/path"'),
        ({"to": "http://x/plays"}, afar, "reacts to 'http://x/plays'"),
        ({"to": Resource}, good, "reacts to <class 'antiphon"),
        ({"to": 7}, good, "reacts to 7"),
        ({}, one, "does not take a change and tx. Write it as def one"),
        ({}, three, "does not take a change and tx"),
        ({}, named, "does not take a change and tx"),
        ({}, record, "Write change: Change"),
        ({}, other, "takes a change of <class"),
        ({}, unknown, "has a type that cannot be found: name 'Nobody'"),
        ({}, generator, "is a generator"),
        ({}, generator_outside, "is a generator"),
        ({"to": "social/plays"}, bare, "does not say what it wants to know of social/plays"),
        ({"to": "social/plays"}, strict, "forbids unknown fields"),
        ({"to": "social/plays"}, unreadable, "which JSON cannot give"),
        (
            {"key": "sonk"},
            good,
            "the key 'sonk', which Play does not have. Did you mean 'song'? Known: id, revision,",
        ),
        ({"start": "later"}, good, "starts at 'later'"),
        ({"tries": 0}, good, "has tries=0"),
        ({"tries": True}, good, "has tries=True"),
        ({"pause": "1"}, good, "has pause='1'"),
        ({"timeout": -1}, outside, "has timeout=-1"),
        ({"owns": (7,)}, good, "owns 7"),
        ({"owns": (Chart,)}, outside, "owns Chart, and has no transaction"),
    ],
)
def test_what_cannot_run_is_refused(options: dict[str, Any], function: Any, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        react(**{"to": Play, **options})(function)
    assert said in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("reactions", "said"),
    [
        ((good,), "is given the reaction <function good"),
        ((react(to=Play)(good), react(to=Play)(good)), "Two reactions have the name good"),
        ((react(to=Chart)(other),), "is about Chart, which is not served here"),
        ((react(to=Play, owns=(Chart,))(good),), "is about Chart, which is not served here"),
        (
            (react(to=Play, owns=(Play,), name="a")(good), react(to=Play, owns=(Play,), name="b")(good)),
            "The reactions a and b both own Play",
        ),
    ],
)
def test_an_application_checks_its_reactions(reactions: Any, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        Application(Play, reactions=reactions)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("key", "members", "expected"),
    [
        ("id", {"song": "s"}, "p1"),
        ("song", {"song": "s"}, "s"),
        ("times", {"song": "s", "times": 3}, "3"),
        ("note", {"song": "s"}, "null"),
        ("note", {"song": "s", "note": "null"}, "null"),
        ("song", {"song": 7}, "p1"),
        ("song", {}, "p1"),
    ],
)
def test_the_key_orders(key: str, members: dict[str, Any], expected: str) -> None:
    found = react(to=Play, key=key)(good)
    assert found.key_of(found.change(row(**members))) == expected


def test_a_removed_record_has_the_key_it_had() -> None:
    found = react(to="social/plays", key="song")(afar)
    before = b'{"id":"p1","revision":6,"song":"s","new":true}'
    removed = found.change((7, "", "/plays", "p1", "removed", before, None, None, None, None))
    assert found.key_of(removed) == "s"
    assert removed.before == Heard("s")
    assert removed.after is None


def test_code_has_a_digest_that_changes_with_it() -> None:
    assert react(to=Play)(good).code == react(to=Play, name="x")(good).code
    assert react(to=Play)(good).code != react(to=Play)(bare).code
    assert react(to=Play, name="a")(eval("lambda change, tx: 1")).code
