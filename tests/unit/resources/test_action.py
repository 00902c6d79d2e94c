"""Actions: which functions can be one, and how one is called."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from antiphon.errors import DeclarationError
from antiphon.resources import Resource, action

if TYPE_CHECKING:
    from antiphon import Transaction


class Song(Resource):
    title: str


def test_an_action_is_a_function_with_a_body() -> None:
    @action(Song)
    def rename(song: Song, title: str, since: date | None = None, *, tx: Any) -> Song:
        """Give the song another title."""
        return Song(title=f"{song.title} {title} {since} {tx}")

    found = Song._actions["rename"]
    assert (found.name, found.meaning, found.result) == ("rename", "Give the song another title.", Song)
    arguments = msgspec.json.decode(b'{"title": "b", "since": "2026-01-31"}', type=found.arguments)
    assert found(Song(title="a"), arguments, "tx") == Song(title="a b 2026-01-31 tx")
    assert rename(Song(title="a"), "b", tx="tx") == Song(title="a b None tx")
    for body in (b'{"title": 5}', b"{}", b'{"title": "b", "tx": 1}', b'{"title": "b", "titel": 1}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=found.arguments)


def test_an_action_without_words_or_arguments() -> None:
    @action(Song)
    def touch(song: Song, tx: Any):  # type: ignore[no-untyped-def]
        return None

    found = Song._actions["touch"]
    assert (found.meaning, found.result) == ("Run touch.", Any)
    assert found(Song(title="a"), msgspec.json.decode(b"{}", type=found.arguments), None) is None


def nothing(song: Song) -> None: ...
def no_tx_last(song: Song, tx: Any, title: str) -> None: ...
def untyped(song: Song, title, tx: Any) -> None: ...  # type: ignore[no-untyped-def]
def starred(song: Song, *titles: str, tx: Any) -> None: ...
def keyed(song: Song, tx: Any, **titles: str) -> None: ...
def keyed_first(song: Song, *, title: str, **tx: Any) -> None: ...
def positional(song: Song, title: str, tx: Any, /) -> None: ...
def foreign(song: Song, title: complex, tx: Any) -> None: ...
def shared(song: Song, title: list[int] = [1], *, tx: Any) -> None: ...  # noqa: B006
def unknown(song: Song, title: str, tx: "Transaction") -> None: ...
async def waiting(song: Song, tx: Any) -> None: ...
def yielding(song: Song, tx: Any) -> Any:
    yield song


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (nothing, "nothing does not take a record first and `tx` last"),
        (no_tx_last, "no_tx_last does not take"),
        (untyped, "title of the action untyped has no type"),
        (starred, "cannot be given by name"),
        (keyed, "does not take"),
        (keyed_first, "cannot be given by name"),
        (positional, "cannot be given by name"),
        (foreign, "foreign has an argument that JSON cannot give"),
        (shared, "shared has an argument"),
        (unknown, "unknown has a type that cannot be found"),
        (waiting, "waiting waits for something"),
        (yielding, "yielding waits for something"),
        (lambda song, tx: None, "has no name"),
    ],
)
def test_a_function_that_cannot_be_served_is_refused(function: Callable[..., Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=said) as caught:
        action(Song)(function)
    assert caught.value.hint


def test_two_actions_need_two_names() -> None:
    def play(song: Song, tx: Any) -> None: ...

    action(Song)(play)
    with pytest.raises(DeclarationError, match="Song has an action play already"):
        action(Song)(play)


@pytest.mark.parametrize("named", [nothing, "Song", int, Song(title="a")])
def test_an_action_names_its_resource(named: Any) -> None:
    with pytest.raises(DeclarationError, match=r"@action\(Song\)"):
        action(named)
