"""Leaks by writing: each resource, kind of caller, standing to a record, and way to write.

What is to happen is worked out from `sights.py`; then it is looked at what was answered, what is in the
store, and what the log tells to whom.
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from tests.acceptance import private
from tests.acceptance.callers import WHO, Asker, asking, headers_of, together, tokens_of
from tests.acceptance.past import history_of, new_id, secret
from tests.acceptance.server import Server
from tests.acceptance.sights import RULES, Record, Rule, Sights, Who, secrets

from antiphon import Transaction
from antiphon.resources import declare

PROGRAM = Path(__file__).with_name("private.py")
NDJSON = {"Content-Type": "application/x-ndjson"}
RESOURCES = {declare(each).path: each for each in private.RESOURCES if each is not private.Vault}
CASES = pytest.mark.parametrize("kind", list(WHO))
JOINED = {"mia": ("blue",), "cleo": ("hall",)}
"""Groups by membership."""


WAYS = (
    "put",
    "patch",
    "give away",
    "delete",
    "put json",
    "put ndjson",
    "stale put",
    "matched put",
    "matched delete",
    "unmatched put",
)


class Target(NamedTuple):
    """A record that a kind of caller tries one thing with."""

    path: str
    kind: str
    what: str
    stored: Record

    @property
    def rule(self) -> Rule:
        return RULES[self.path]

    @property
    def who(self) -> Who:
        return joined(self.kind)

    @property
    def seen(self) -> bool:
        return self.rule.read(self.who, self.stored)

    @property
    def refused(self) -> int:
        return 403 if self.who.known else 401

    @property
    def missing(self) -> int:
        return 401 if self.rule.closed(self.who) and not self.who.known else 404

    @property
    def url(self) -> str:
        return f"{self.path}/{self.stored['id']}"

    @property
    def tag(self) -> str:
        form = declare(RESOURCES[self.path]).form
        return f'-{self.stored["revision"]}-{form}"'


class Try(NamedTuple):
    """What is tried: the request, the status that it must have, and the record then, if it is another."""

    method: str
    url: str
    status: int
    after: Record | None = None
    json: Any = None
    content: bytes | None = None
    headers: dict[str, str] = {}  # noqa: RUF012 - a tuple's default


def joined(kind: str) -> Who:
    """A kind of caller, with its memberships."""
    who = WHO[kind]
    return who._replace(groups=who.groups | frozenset(JOINED.get(who.id or "", ())))


def attempt(target: Target, incarnation: str) -> Try:
    """What the target is for."""
    rule, who, stored, url = target.rule, target.who, target.stored, target.url
    fresh = texts_for(target.path)
    given = {name: stored[name] for name in (*fresh, *SIGHTS) if name in stored and name not in KEPT}
    new = {**given, "text": fresh["text"]} if target.seen else {**given, **fresh}
    new = {name: value for name, value in new.items() if name not in (*KEPT, *rule.hidden)}
    after = {**stored, **new}
    tag = f'"{incarnation}{target.tag}'

    def if_seen(allowed: bool, status: int = 200) -> int:
        return target.missing if not target.seen else status if allowed else target.refused

    def put_status() -> int:
        if target.seen:
            return 200 if rule.update(who, stored) and rule.update(who, after) else target.refused
        if rule.yours and not who.known:
            return 401
        return 409 if rule.create(who, {**after, rule.yours: who.id}) else target.refused

    match target.what:
        case "put":
            return Try("PUT", url, put_status(), after, new)
        case "put json":
            return Try("PUT", target.path, put_status(), after, [{"id": stored["id"], **new}])
        case "put ndjson":
            line = json.dumps({"id": stored["id"], **new}).encode()
            return Try("PUT", target.path, put_status(), after, content=line, headers=NDJSON)
        case "stale put":
            return Try("PUT", url, 412, None, {**new, "revision": stored["revision"] + 100_000})
        case "matched put":
            status = put_status() if target.seen else 412
            return Try("PUT", url, status, after, new, headers={"If-Match": tag})
        case "unmatched put":
            status = 412 if target.seen else put_status()
            return Try("PUT", url, status, after, new, headers={"If-None-Match": "*"})
        case "patch":
            return Try("PATCH", url, if_seen(rule.update(who, stored)), after, {"text": new["text"]})
        case "give away":
            name = rule.yours or ("team" if "team" in stored else "text")
            away = {**stored, name: "nobody"}
            allowed = not rule.yours and rule.update(who, stored) and rule.update(who, away)
            return Try("PATCH", url, if_seen(allowed), away, {name: "nobody"})
        case "delete":
            return Try("DELETE", url, if_seen(rule.delete(who, stored), 204))
        case "matched delete":
            status = if_seen(rule.delete(who, stored), 204)
            return Try("DELETE", url, status, headers={"If-Match": tag})
        case action:
            return Try("POST", f"{url}/{action}", if_seen(rule.actions[action](who, stored)), stored)


SIGHTS = ("team", "audience", "public")
"""The fields that say who may see a record, those that say whose it is aside."""
KEPT = ("licence",)
"""What is set once."""


def variants(path: str, kind: str) -> Iterator[dict[str, Any]]:
    """What a record of a resource may be to a caller."""
    names = declare(RESOURCES[path]).by_name
    options: dict[str, tuple[Any, ...]] = {}
    if RULES[path].yours:
        options[RULES[path].yours] = tuple({WHO[kind].id or "olga", "zoe"})
    for name, values in zip(
        SIGHTS, ((None, "red", "blue"), (None, "red", "hall"), (True, False)), strict=True
    ):
        if name in names:
            options[name] = values
    for chosen in product(*options.values()):
        yield dict(zip(options, chosen, strict=True))


def texts_for(path: str) -> dict[str, str]:
    """A secret for each text that nothing else decides."""
    taken = ("id", "team", "audience", RULES[path].yours)
    fields = declare(RESOURCES[path]).fields
    names = [field.name for field in fields if field.kind == "text" and field.reference is None]
    return {name: secret() for name in names if name not in taken}


class World:
    """A server, and a record for each thing that is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.targets: list[Target] = []
        with private.app.connect(folder) as connection:
            connection.write(self._fill)
        self.server = Server(folder, PROGRAM, rate_per_caller=0).start()
        self.tokens = tokens_of(folder)

    def _fill(self, tx: Transaction) -> None:
        for member, groups in JOINED.items():
            for group in groups:
                tx.create(private.Follow(follower=member, subject=group))
        for (path, resource), kind in product(RESOURCES.items(), WHO):
            declaration = declare(resource)
            for values, what in product(variants(path, kind), (*WAYS, *declaration.actions)):
                made = tx.create(resource(**{"id": new_id(), **texts_for(path), **values}))
                self.targets.append(Target(path, kind, what, json.loads(declaration.encode(made))))

    def asker(self, http: httpx.AsyncClient, kind: str, known: Record) -> Asker:
        """One who may know of records no more than is given."""
        return Asker(http, WHO[kind], headers_of(self.tokens, WHO[kind]), secrets(json.dumps(known)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("writes") / "data")
    yield world
    world.server.stop()
    assert world.server.errors() == []


def without_revision(record: Record | None) -> Record | None:
    return None if record is None else {name: value for name, value in record.items() if name != "revision"}


@CASES
def test_a_record_is_changed_by_those_alone_who_may(world: World, kind: str) -> None:
    targets = [each for each in world.targets if each.kind == kind]

    async def check(http: httpx.AsyncClient) -> list[Try]:
        incarnation = (await http.get("/opens")).headers["Antiphon-Position"].rpartition("-")[0]
        return await together(one(http, target, attempt(target, incarnation)) for target in targets)

    async def one(http: httpx.AsyncClient, target: Target, tried: Try) -> Try:
        rule, who = target.rule, target.who
        asker = world.asker(http, kind, rule.shown(target.stored) if target.seen else {})
        answer = await asker.ask(
            tried.method, tried.url, json=tried.json, content=tried.content, headers=tried.headers
        )
        assert answer.status_code == tried.status, f"{target} {tried} {answer.text}"
        if answer.status_code == 412 and not target.seen:
            assert "does not exist" in answer.text
        if answer.status_code == 200:
            after = tried.after if tried.after and rule.read(who, tried.after) else None
            body = answer.json()
            found = body["items"][0] if "items" in (body or ()) else body
            if target.what == "stamp":
                found = found[0]
            elif target.what == "whole":
                found = found["letter"]
            elif target.what == "praise":
                found = {**found, "stars": 0}
            shown = None if after is None else rule.shown(after)
            assert without_revision(found) == without_revision(shown), f"{target} {answer.text}"
        return tried

    results = asking(world.server, check)
    with private.app.connect(world.folder) as connection:
        for target, tried in zip(targets, results, strict=True):
            record = connection.find(RESOURCES[target.path], id=target.stored["id"])
            encoded = None if record is None else json.loads(declare(type(record)).encode(record))
            if tried.status == 204:
                assert encoded is None
            elif tried.status != 200:
                assert encoded == target.stored, f"{target} {tried}"
            elif target.what not in declare(RESOURCES[target.path]).actions:
                assert without_revision(encoded) == without_revision(tried.after)


@CASES
def test_a_record_is_created_by_those_alone_who_may_and_as_themselves(world: World, kind: str) -> None:
    who = joined(kind)
    cases = [
        (path, values, way)
        for path in RESOURCES
        for values in variants(path, kind)
        for way in ("post", "post json", "post ndjson", "put", "put ndjson", "leave out")
    ]

    async def check(http: httpx.AsyncClient) -> None:
        await together(one(http, *case) for case in cases)

    async def one(http: httpx.AsyncClient, path: str, values: Record, way: str) -> None:
        rule = RULES[path]
        yours = rule.yours
        if way == "leave out":
            values = {name: value for name, value in values.items() if name != yours}
        body = {**texts_for(path), **values}
        made = {**body, yours: who.id} if yours else body
        if yours and (not who.known or body.get(yours, who.id) != who.id):
            status = 403 if who.known else 401
        else:
            status = 201 if rule.create(who, made) else 403 if who.known else 401
        asker = world.asker(http, kind, {})
        id = new_id()
        match way:
            case "put":
                answer = await asker.ask("PUT", f"{path}/{id}", json=body)
            case "put ndjson":
                line = json.dumps({"id": id, **body})
                answer = await asker.ask("PUT", path, content=line, headers=NDJSON)
                status = 200 if status == 201 else status
            case "post ndjson":
                answer = await asker.ask("POST", path, content=json.dumps(body), headers=NDJSON)
            case "post json":
                answer = await asker.ask("POST", path, json=[body])
            case _:
                answer = await asker.ask("POST", path, json=body)
        assert answer.status_code == status, f"{who} {path} {way} {body} {answer.text}"
        if status < 300:
            found = answer.json()
            found = found["items"][0] if way == "post json" else found
            shown = rule.shown(made) if rule.read(who, made) else None
            if shown is None:
                assert found is None
            else:
                assert shown.items() <= found.items()
                assert not set(rule.hidden) & found.keys()

    asking(world.server, check)


async def write_as(world: World, http: httpx.AsyncClient, kind: str) -> httpx.Response:
    asker = Asker(http, WHO[kind], headers_of(world.tokens, WHO[kind]), set())
    return await asker.ask("POST", "/opens", json={"text": secret(), "secret": secret()})


@CASES
def test_the_log_tells_of_these_writes_what_is_in_sight_and_of_their_writers_to_themselves(
    world: World, kind: str
) -> None:
    written = asking(world.server, lambda http: together(write_as(world, http, each) for each in WHO))
    assert [each.status_code for each in written] == [201] * len(WHO)
    sights = Sights(history_of(world.folder))
    expected = sights.events(WHO[kind])
    callers = {WHO[each].id for each in WHO}
    told: list[Record] = []

    async def check(http: httpx.AsyncClient) -> None:
        asker = Asker(http, WHO[kind], headers_of(world.tokens, WHO[kind]), sights.knows_by_events(WHO[kind]))
        url = "/events?limit=1000"
        while batch := (answer := await asker.ask("GET", url)).json():
            told.extend(batch)
            url = answer.headers["Link"].partition(">")[0].removeprefix("<")

    asking(world.server, check)
    found = [(each["subject"], each["data"]["before"], each["data"]["after"]) for each in told]
    assert found == [each[2:] for each in expected]
    writers = {each["caller"] for each in told if "caller" in each}
    assert writers == (callers if kind == "service" else {WHO[kind].id}) - {None}
