"""Opening a store for a test, and putting commands to it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import pytest
from tests.contracts.catalog import CATALOG, Song

from antiphon.observations import Observation, Observers
from antiphon.operations import Context, Pending, Store, Transaction, write_and_wait
from antiphon.queries import Query, Term
from antiphon.settings import Settings
from antiphon.store import open_store

T = TypeVar("T")
Command = Callable[[Transaction], T]


class Opener:
    """Opens stores at one place, and closes them all in the end. `seen` is what they observed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: list[Observation] = []
        self._stores: list[Store] = []

    def __call__(self, **settings: Any) -> Store:
        observers = Observers()
        observers.add(self.seen.append)
        store = open_store(self.url, "contract", CATALOG, Settings(**settings), observers)
        self._stores.append(store)
        return store

    def close(self) -> None:
        for store in self._stores:
            store.close()


def add(title: str = "a", **fields: Any) -> Command[Song]:
    """A command that creates a song."""
    return lambda tx: tx.create(Song(title=title, **fields))


def add_many(count: int) -> Command[list[Song]]:
    """A command that creates songs titled "00000" and so on."""
    return lambda tx: [tx.create(Song(title=f"{place:05}")) for place in range(count)]


def do(store: Store, command: Command[T], context: Context | None = None) -> T:
    """What `command` returns, once it is durable."""
    return write_and_wait(command, store, context or Context())[0]


def submit(store: Store, command: Command[T]) -> "Future[tuple[T, int]]":
    """Queue `command`; gives its result and the number after it."""
    future: Future[tuple[T, int]] = Future()
    store.submit(Pending(command, Context(), future))
    return future


def refusal(store: Store, command: Command[Any], kind: type[T]) -> T:
    """The error of `kind` that `command` is refused with."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        do(store, command)
    assert isinstance(caught.value, kind), repr(caught.value)
    return caught.value


@contextmanager
def gathering(store: Store) -> Iterator[None]:
    """What is submitted within waits, and then runs in one batch."""
    entered, release = threading.Event(), threading.Event()

    def wait(tx: Transaction) -> None:
        entered.set()
        assert release.wait(30)

    waiting = submit(store, wait)
    assert entered.wait(30)
    try:
        yield
    finally:
        release.set()
        waiting.result(30)


def records(store: Store) -> dict[str, bytes]:
    """All state: the stored records by path and id."""
    with store.snapshot() as snapshot:
        return {
            f"{each.path}/{msgspec.json.decode(stored)['id']}": stored
            for each in CATALOG
            for stored in snapshot.page(Query(each, order=(Term(each.by_name["id"]),)), None)
        }


def check_log(store: Store, first: int = 1) -> int:
    """Assert that the log is dense, in order of time, and tells how the state came to be.

    Args:
        first: the oldest number that is kept.

    Returns the newest number.
    """
    with store.snapshot() as snapshot:
        newest = snapshot.position.number
        changes = snapshot.changes(0, newest + 10)
    assert [change.number for change in changes] == list(range(first, newest + 1))
    assert [change.time for change in changes] == sorted(change.time for change in changes)
    folded: dict[str, bytes] = {}
    for change in changes:
        key = f"{change.resource}/{change.id}"
        before = folded.pop(key, None)
        assert first > 1 or change.before_json == before
        kinds = {(True, False): "added", (False, False): "changed", (False, True): "removed"}
        assert change.kind == kinds[change.before_json is None, change.after_json is None]
        if change.after_json is not None:
            folded[key] = change.after_json
            assert msgspec.json.decode(change.after_json)["revision"] == change.number
    assert first > 1 or folded == records(store)
    return newest
