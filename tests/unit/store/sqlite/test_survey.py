"""Any declaration after any other: the plan tells the truth, and the file ends up like a fresh one."""

from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from tests.unit.store.sqlite.files import check, declared, opened, rows, state, tables, write

from antiphon.errors import StoreError
from antiphon.operations import Transaction
from antiphon.resources import Ref, Resource, field
from antiphon.resources.resource import ResourceMeta
from antiphon.store import migrate, plan_migration


class Artist(Resource, path="/artists"):
    name: str = ""


class Wide(msgspec.Struct):
    a: int = 0
    b: int = 0


class Narrow(msgspec.Struct):
    a: int = 0


ARTISTS = ("bjork", "sade")
TEXTS = st.sampled_from(["", "x", "Björk", "bjork", "long text", "12", "1.5", "true", "null", "2024-02-29"])
SMALL = st.integers(-3, 3)
NUMBERS = st.one_of(SMALL, st.sampled_from([2**53 + 1, -(2**63)]))
FLOATS = st.sampled_from([0.0, 1.0, 2.5, -1e300])
DATES = st.dates()
TIMES = st.datetimes(timezones=st.just(UTC))

# What a field may be declared as: its type, its options, the values that records have in it.
KINDS: dict[str, tuple[Any, dict[str, Any], st.SearchStrategy[Any]]] = {
    "required text": (str, {}, TEXTS),
    "required text or null": (str | None, {}, st.none() | TEXTS),
    "text": (str, {"default": "x"}, TEXTS),
    "other text": (str, {"default": "y"}, TEXTS),
    "text or null": (str | None, {"default": None}, st.none() | TEXTS),
    "folded": (str, {"default": "X", "folded": True, "index": True}, TEXTS),
    "short": (str | None, {"default": None, "max_length": 3}, st.none() | st.sampled_from(["", "abc"])),
    "choice": (Literal["x", "y"], {"default": "x"}, st.sampled_from(["x", "y"])),
    "unique": (str | None, {"default": None, "unique": True, "folded": True}, st.none() | TEXTS),
    "integer": (int, {"default": 0}, NUMBERS),
    "small integer": (int, {"default": 0, "ge": -1, "le": 1, "index": True}, st.integers(-1, 1)),
    "integer or null": (int | None, {"default": None}, st.none() | NUMBERS),
    "required integer": (int, {}, NUMBERS),
    "number": (float, {"default": 0.5}, FLOATS),
    "number or null": (float | None, {"default": None}, st.none() | FLOATS),
    "boolean": (bool, {"default": True}, st.booleans()),
    "date": (date | None, {"default": None}, st.none() | DATES),
    "time": (datetime, {"default": datetime(2024, 1, 1, tzinfo=UTC)}, TIMES),
    "list": (list[str], {"default_factory": list}, st.lists(TEXTS, max_size=2)),
    "wide": (Wide, {"default_factory": Wide}, st.builds(Wide, SMALL, SMALL)),
    "narrow": (Narrow, {"default_factory": Narrow}, st.builds(Narrow, SMALL)),
    "reference": (Ref[Artist] | None, {"default": None}, st.none() | st.sampled_from(ARTISTS)),
}
SHAPES = st.permutations(("a", "b", "c")).flatmap(
    lambda names: st.tuples(
        *(st.tuples(st.just(name), st.none() | st.sampled_from(sorted(KINDS))) for name in names)
    )
)
Shape = tuple[tuple[str, str | None], ...]


def resource(shape: Shape) -> type[Resource]:
    """A class of this shape, at /things."""
    chosen = [(name, *KINDS[kind]) for name, kind in shape if kind is not None]
    body: dict[str, Any] = {name: field(**options) for name, _, options, _ in chosen}
    body["__annotations__"] = {name: hint for name, hint, _, _ in chosen}
    body["__module__"] = __name__
    plain = {name for name, kind in shape if kind not in (None, "list", "wide", "narrow")}
    body["uniques"] = (("a", "b"),) if {"a", "b"} <= plain and shape[0][0] == "c" else ()
    made: type[Resource] = ResourceMeta("Thing", (Resource,), body, path="/things")
    return made


def live(path: Path, thing: type[Resource], shape: Shape, data: st.DataObject) -> None:
    """Let records come, change and go."""
    values = st.fixed_dictionaries({name: KINDS[kind][2] for name, kind in shape if kind is not None})
    puts = data.draw(st.lists(st.tuples(st.sampled_from("pqrs"), values), max_size=5))
    ends = data.draw(st.sets(st.sampled_from("pqrs"), max_size=1))

    def command(tx: Transaction) -> None:
        for id, drawn in puts:
            taken = [tx.find(thing, **{name: drawn[name] for name in names}) for names in keys(thing, drawn)]
            if all(found is None or found.id == id for found in taken):
                tx.put(thing(id=id, **drawn))
        for id in ends:
            if (found := tx.find(thing, id=id)) is not None:
                tx.delete(found)

    write(path, (thing, Artist), command)


def keys(thing: type[Resource], values: dict[str, Any]) -> list[tuple[str, ...]]:
    (declaration,) = declared(thing)
    return [names for names in declaration.uniques if all(values[name] is not None for name in names)]


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    names = [name for kind, name, _, _ in tables(path) if kind == "table"]
    return {name: rows(path, f'SELECT * FROM "{name}"') for name in names}


def move(folder: str, path: Path, thing: type[Resource]) -> bool:
    """Bring the file to a new declaration the way its plan asks for; False if there is none."""
    both = declared(thing, Artist)
    before = content(path)
    steps = plan_migration(folder, "app", both)
    if any(step.obstacle for step in steps):
        event("obstacle")
        with pytest.raises(StoreError, match="cannot be brought up to date"):
            migrate(folder, "app", both, steps)
        with pytest.raises(StoreError, match="cannot be brought up to date"):
            opened(path, thing, Artist).__enter__()
        assert content(path) == before
        return False
    if any(step.loses for step in steps):
        event("anew" if steps[-1].what.startswith("begin the log anew") else "loss")
        with pytest.raises(StoreError, match="holds what could be lost"):
            opened(path, thing, Artist).__enter__()
        assert content(path) == before
        migrate(folder, "app", both, steps)
    else:
        event("addition" if steps else "nothing")
        with opened(path, thing, Artist):
            pass
    assert plan_migration(folder, "app", both) == []
    return True


def check_any_declaration_follows_any_other(shapes: list[Shape], data: st.DataObject) -> None:
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        path = Path(folder) / "app.db"
        write(path, (Artist,), lambda tx: [tx.create(Artist(id=id)) for id in ARTISTS])
        for shape in shapes:
            thing = resource(shape)
            if not move(folder, path, thing):
                break
            check(path, thing, Artist)
            live(path, thing, shape, data)
            check(path, thing, Artist)
        assert state(path, Artist).keys() == set(ARTISTS)


UNHURRIED = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink what takes files would take minutes
)


@settings(UNHURRIED, max_examples=12)
@given(st.lists(SHAPES, min_size=2, max_size=4), st.data())
def test_any_declaration_follows_any_other(shapes: list[Shape], data: st.DataObject) -> None:
    check_any_declaration_follows_any_other(shapes, data)


@pytest.mark.long
@settings(UNHURRIED, max_examples=500)
@given(st.lists(SHAPES, min_size=2, max_size=6), st.data())
def test_any_declaration_follows_any_other_at_length(shapes: list[Shape], data: st.DataObject) -> None:
    check_any_declaration_follows_any_other(shapes, data)
