"""Batches of commands, any of which may fail at any step: what remains is what the others did."""

from typing import Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from tests.contracts.catalog import Artist, Song
from tests.contracts.opener import check_log, do, gathering, records, submit

from antiphon.errors import Problem
from antiphon.operations import Store, Transaction
from antiphon.resources import declare


class Step(Struct, frozen=True):
    """One write. Few ids and values, so that keys and references are often in the way."""

    what: Literal["create", "put", "update", "delete"]
    record: Any


class Failure(Exception):
    """What a command raises when it is to fail after its steps."""


IDS = st.sampled_from(["a", "b", "c"])
SONGS = st.builds(
    Song,
    id=IDS,
    title=st.sampled_from(["x", "y"]),
    artist=st.none() | IDS,
    sequel=st.none() | IDS,
    number=st.none() | st.integers(0, 2),
)
ARTISTS = st.builds(Artist, id=IDS, name=st.sampled_from(["Ä", "a", "b"]), best=st.none() | IDS)
STEPS = st.builds(Step, what=st.sampled_from(["create", "put", "update", "delete"]), record=SONGS | ARTISTS)


class Plan(Struct):
    """A command: its steps, whether it goes on after a refused one, whether it fails in the end."""

    steps: list[Step]
    stubborn: bool
    fails: bool
    done: list[Step] = []

    def __call__(self, tx: Transaction) -> None:
        self.done = []
        for step in self.steps:
            try:
                write(tx, step)
            except Problem:
                if not self.stubborn:
                    raise
            else:
                self.done.append(step)
        if self.fails:
            raise Failure


PLANS = st.builds(
    Plan, st.lists(STEPS, min_size=1, max_size=5), st.booleans(), st.sampled_from([False, False, True])
)


class BatchContract:
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(st.lists(PLANS, min_size=1, max_size=12))
    def test_what_remains_of_a_batch_is_what_did_not_fail(self, store: Store, plans: list[Plan]) -> None:
        do(store, clear)
        with gathering(store):
            futures = [submit(store, plan) for plan in plans]
        expected: dict[str, Any] = {}
        for plan, future in zip(plans, futures, strict=True):
            if future.exception(30) is None:
                for step in plan.done:
                    apply(expected, step)
            else:
                assert isinstance(future.exception(30), Problem | Failure)
        check_log(store)
        assert {key: values(key, stored) for key, stored in records(store).items()} == expected


def write(tx: Transaction, step: Step) -> None:
    record = step.record
    match step.what:
        case "create":
            tx.create(record)
        case "put":
            tx.put(record)
        case "update":
            tx.update(record, **fields(record))
        case "delete":
            tx.delete(record)


def apply(state: dict[str, Any], step: Step) -> None:
    """What a step that was not refused does to the state."""
    key = f"/{type(step.record).__name__.lower()}s/{step.record.id}"
    if step.what == "delete":
        del state[key]
    else:
        state[key] = fields(step.record)


def fields(record: Any) -> dict[str, Any]:
    return {
        name: getattr(record, name) for name in record.__struct_fields__ if name not in ("id", "revision")
    }


def values(key: str, stored: bytes) -> dict[str, Any]:
    declaration = declare(Artist if key.startswith("/artists") else Song)
    return fields(declaration.decode(stored))


def clear(tx: Transaction) -> None:
    """Remove all records, however they refer to each other."""
    for artist in tx.select(Artist):
        tx.update(artist, best=None)
    for song in tx.select(Song):
        tx.update(song, sequel=None, artist=None, title=f"{song.title} {song.id}")
    for record in (*tx.select(Song), *tx.select(Artist)):
        tx.delete(record)
