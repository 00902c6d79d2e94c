"""Leaks by reading: each resource, kind of caller and representation, against what `sights.py` works out.

The cases are made from the application's declarations. Whatever a caller is answered or told is searched for
secrets that it may not know: each text, and each id, is one.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey
from tests.acceptance import private
from tests.acceptance.callers import OVER, WHO, Asker, asking, headers_of, lines, together, tokens_of
from tests.acceptance.past import Past, history_of
from tests.acceptance.server import Server
from tests.acceptance.sights import RULES, Group, Sights, Who, text
from tests.acceptance.stream import Parser, Told
from tests.unit.access.forging import hmac_signed, part, private_keys, read, signed

PROGRAM = Path(__file__).with_name("private.py")
STEPS = 100
SIZE = 2
PATHS = [declaration.path for declaration in private.app.served]
WINDOW = f"order=text&limit={SIZE}"
ACCEPTS = ("application/json", "application/x-ndjson", "text/event-stream")
METHODS = ("HEAD", "OPTIONS", "POST", "PUT")
HIDDEN_QUERIES = (
    "{}=x",
    "{}[gt]=a",
    "{}[null]=true",
    "{}[in]=(a,b)",
    "{}[contains]=cnry",
    "or=(text=x,{}[startswith]=c)",
    "and=(or=({}=x))",
    "order={}",
    "order=text,-{}",
    "fields={}",
    "fields=text,{}",
    "order={}&after=WyJpZCIsIngiXQ",
)
Streams = dict[tuple[str, str, str], bytes]
CASES = pytest.mark.parametrize("kind", list(WHO))
_LAST = re.compile(rb"^id: \w+-(\d+)$", re.MULTILINE)


class World:
    """A server with a past, the streams that were open while half of it happened, and what is to be told."""

    def __init__(self, server: Server, sights: Sights, half: int, streams: Streams) -> None:
        self.server = server
        self.tokens = tokens_of(server.folder)
        self.sights = sights
        self.half = half
        self.streams = streams
        self.incarnation = (
            httpx.get(f"{server.url}/opens", trust_env=False).headers["Antiphon-Position"].rpartition("-")[0]
        )
        self.known = {kind: sights.knows(who) for kind, who in WHO.items()}

    def asker(self, http: httpx.AsyncClient, kind: str) -> Asker:
        return Asker(http, WHO[kind], headers_of(self.tokens, WHO[kind]), self.known[kind])

    def position(self, number: int) -> str:
        return f"{self.incarnation}-{number}"

    def reached(self, told: bytes) -> bool:
        """Whether a stream has come to the end of the history."""
        found = _LAST.findall(told)
        return bool(found) and int(found[-1]) >= self.sights.head


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("leaks") / "data"
    past = Past(folder, seed=11)
    past.go_on(STEPS)
    settings: dict[str, Any] = {"heartbeat_seconds": 0.3, "wait_seconds": 0.2, "max_snapshots": 500}
    server = Server(folder, PROGRAM, **settings).start()
    try:
        streams = asking(server, lambda http: _follow_along(http, server, past))
        yield World(server, Sights(history_of(folder)), STEPS, streams)
    finally:
        server.stop()
    assert server.errors() == []


async def _follow_along(http: httpx.AsyncClient, server: Server, past: Past) -> Streams:
    """Follow everything as everyone while the second half happens; what each stream told, raw."""
    tokens = tokens_of(server.folder)
    opened, head = 0, asyncio.get_running_loop().create_future()

    async def follow(kind: str, url: str) -> bytes:
        nonlocal opened
        # What it may know is found out afterwards, and looked for in `test_open_streams…`.
        asker = Asker(http, WHO[kind], headers_of(tokens, WHO[kind]), _Anything())
        first = True

        def over(told: bytes) -> bool:
            nonlocal first, opened
            if first:
                opened, first = opened + 1, False
            found = _LAST.findall(told)
            return head.done() and bool(found) and int(found[-1]) >= head.result()

        told = await asker.stream(url, over)
        opened += first
        return told

    urls = {
        (kind, path, query): f"{path}?{query}" for kind in WHO for path in PATHS for query in ("", WINDOW)
    } | {(kind, "/events", "from=now"): "/events?from=now" for kind in WHO}

    async def go_on() -> None:
        while opened < len(urls):  # noqa: ASYNC110 - streams are counted as they begin
            await asyncio.sleep(0.05)
        await asyncio.to_thread(past.go_on, STEPS)
        head.set_result(len(history_of(past.folder)))

    async with asyncio.timeout(30):
        _, *told = await together([go_on(), *(follow(case[0], url) for case, url in urls.items())])
    return dict(zip(urls, told, strict=True))


class _Anything(set[str]):
    """All that can be known."""

    def __rsub__(self, other: Any) -> set[str]:
        return set()


def groups(told: list[Told]) -> list[Group]:
    """What a stream told, change by change; bookmarks left out."""
    found: list[Group] = []
    open_group: list[str] = []
    for each in told:
        if each.data is not None:
            open_group.append(text(each.kind, each.data))
        if each.number is not None and open_group:
            found.append(Group(each.number, frozenset(open_group)))
            assert len(found[-1].told) == len(open_group), "something was told twice"
            open_group = []
    assert not open_group, "a group of events has no position"
    return found


def split(raw: bytes) -> tuple[list[Any], int, list[Told]]:
    """A stream's list, the number that it is of, and what came after."""
    told = Parser().feed(raw)
    place = next(place for place, each in enumerate(told) if each.kind == "live")
    assert all(each.kind == "present" for each in told[:place])
    number = told[place].number
    assert number is not None
    return [each.data for each in told[:place]], number, told[place + 1 :]


def logged(told: list[Any]) -> list[tuple[Any, ...]]:
    """CloudEvents in the words of `Sights.events`; of these changes nobody is known to have made them."""
    assert not any(each.keys() & {"caller", "cause"} for each in told)
    return [
        (
            int(each["id"].rpartition("-")[2]),
            each["type"].rpartition(".")[2],
            each["subject"],
            each["data"]["before"],
            each["data"]["after"],
        )
        for each in told
    ]


def test_each_resource_has_a_rule_and_each_kind_of_caller_sees_something_else(world: World) -> None:
    assert {each.path for each in private.app.declarations} == RULES.keys()
    for declaration in private.app.declarations:
        assert {each.name for each in declaration.fields if each.options.hidden} == set(
            RULES[declaration.path].hidden
        )
        assert declaration.actions.keys() == RULES[declaration.path].actions.keys()
    seen = [len(known) for known in world.known.values()]
    assert len(set(seen)) == len(seen)


@CASES
def test_open_streams_tell_what_is_in_sight_and_no_more(world: World, kind: str) -> None:
    who, sights = WHO[kind], world.sights
    for (asked, path, query), raw in world.streams.items():
        if asked != kind:
            continue
        if path == "/events":
            told = [each.data for each in Parser().feed(raw) if each.data is not None]
            assert logged(told) == sights.events(who, world.half)
        elif RULES[path].closed(sights.at(who, world.half)):
            assert raw == b"", path
        else:
            listed, start, rest = split(raw)
            assert start == world.half
            size = SIZE if query else None
            present = sights.window(who, path, SIZE, start) if query else sights.page(who, path, start)
            assert listed == present, path
            assert groups(rest) == sights.stream(who, path, start, size), (path, query)


@CASES
def test_what_is_read_is_what_is_in_sight(world: World, kind: str) -> None:
    async def check(http: httpx.AsyncClient) -> None:
        asker = world.asker(http, kind)
        await together(reads(asker, path) for path in PATHS)

    async def reads(asker: Asker, path: str) -> None:
        who = world.sights.at(asker.who, -1 % (world.sights.head + 1))
        if RULES[path].closed(who):
            for accept in ACCEPTS:
                for method in ("GET", "HEAD"):
                    answer = await asker.ask(method, path, headers={"Accept": accept})
                    assert answer.status_code == (403 if who.known else 401)
            return
        expected = world.sights.page(asker.who, path)
        assert await asker.pages(f"{path}?limit=2") == expected
        by_text = sorted(expected, key=lambda each: each.get("text", ""), reverse=True)
        assert await asker.pages(f"{path}?limit=3&order=-text") == by_text
        cut = [{name: each[name] for name in ("id", "revision", "text")} for each in expected]
        assert await asker.pages(f"{path}?fields=text") == cut
        for url, accept in ((f"{path}.ndjson", "*/*"), (path, "application/x-ndjson")):
            assert lines(await asker.ask("GET", url, headers={"Accept": accept})) == expected
        for accept in ACCEPTS:
            answer = await asker.ask("HEAD", path, headers={"Accept": accept})
            assert (answer.status_code, answer.content) == (200, b"")

    asking(world.server, check)


@CASES
def test_a_record_out_of_sight_is_answered_as_one_that_never_was(world: World, kind: str) -> None:
    """For each record that there ever was: by its id, by its entity tag, by each text that it holds."""
    sights, who = world.sights, WHO[kind]
    number = sights.head
    nothing: dict[str, Any] = {}
    ever = {(entry.path, entry.id): entry.after or entry.before or {} for entry in sights.history}

    async def check(http: httpx.AsyncClient) -> None:
        asker = world.asker(http, kind)
        for path in PATHS:
            nothing[path] = alike(await asker.ask("GET", f"{path}/idq99999z"), "idq99999z")
        headers = (await asker.ask("OPTIONS", f"{PATHS[0]}/idq99999z")).headers
        options = headers["Allow"], set(headers.keys())
        await together(looks(asker, options, *case) for case in ever.items() if case[0][0] != "/vaults")

    async def looks(asker: Asker, options: Any, place: tuple[str, str], last: dict[str, Any]) -> None:
        path, id = place
        rule, record = RULES[path], sights.seen(who, path).get(id)
        form = next(each.form for each in private.app.declarations if each.path == path)
        tag = f'"{world.position(last["revision"])}-{form}"'
        missing = 401 if rule.closed(who) and not who.known else 404
        conditions: tuple[tuple[dict[str, str], int], ...] = (
            ({}, 200),
            ({"If-None-Match": tag}, 304),
            ({"If-None-Match": "*"}, 304),
            ({"Antiphon-Min-Position": world.position(number)}, 200),
        )
        for method, (headers, status) in (
            ("GET", conditions[0]),
            ("GET", conditions[1 + last["revision"] % 3]),
            ("HEAD", conditions[last["revision"] % 4]),
        ):
            answer = await asker.ask(method, f"{path}/{id}", headers=headers)
            assert answer.status_code == (missing if record is None else status), answer.text
            if record is None:
                assert not answer.headers.keys() & {"etag", "last-modified", "antiphon-position"}
            elif answer.status_code == 200 and method == "GET":
                assert answer.json() == rule.shown(record)
            if record is None and method == "GET":
                assert alike(answer, id) == nothing[path]
        allowed = (await asker.ask("OPTIONS", f"{path}/{id}")).headers
        assert (allowed["Allow"], set(allowed.keys())) == options
        if rule.closed(sights.at(who, number)):
            return
        names = [name for name, value in last.items() if isinstance(value, str) and name not in rule.hidden]
        terms = ",".join(f"{name}={last[name]},{name}[startswith]={last[name]}" for name in names)
        found = [each for each in await asker.pages(f"{path}?or=({terms})") if each["id"] == id]
        assert found == ([] if record is None else [rule.shown(record)])

    asking(world.server, check)


def alike(answer: httpx.Response, id: str) -> tuple[Any, ...]:
    """What an answer says, but for the id that it was asked for and its own."""
    document = json.loads(answer.text.replace(id, "ID"))
    document.pop("request_id")
    return answer.status_code, sorted(answer.headers.keys()), document


@CASES
def test_streams_from_any_position_tell_what_was_in_sight_then(world: World, kind: str) -> None:
    sights, who = world.sights, WHO[kind]

    async def check(http: httpx.AsyncClient) -> None:
        asker = world.asker(http, kind)
        starts = (0, world.half // 2, world.half, world.half + 7, sights.head)
        await together(
            stream(asker, path, start, size) for path in PATHS for start in starts for size in (None, SIZE)
        )

    async def stream(asker: Asker, path: str, start: int, size: int | None) -> None:
        query = "" if size is None else WINDOW
        position = world.position(start)
        if start % 2:
            raw = await asker.stream(f"{path}?{query}", world.reached, **{"Last-Event-ID": position})
        else:
            raw = await asker.stream(f"{path}?{query}&from={position}", world.reached)
        if RULES[path].closed(sights.at(who, sights.head)):
            assert raw == b""
        else:
            assert groups(Parser().feed(raw)) == sights.stream(who, path, start, size), (path, start, size)

    asking(world.server, check)


@CASES
def test_the_log_tells_what_was_in_sight_when_it_happened(world: World, kind: str) -> None:
    sights, who = world.sights, WHO[kind]
    names = {each.path: each.name.lower() for each in private.app.declarations}

    async def batches(asker: Asker, url: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        while True:
            answer = await asker.ask("GET", url)
            assert answer.status_code == 200
            if not (batch := answer.json()):
                return found
            found += logged(batch)
            url = answer.headers["Link"].partition(">")[0].removeprefix("<")

    async def check(http: httpx.AsyncClient) -> None:
        asker = world.asker(http, kind)
        expected = sights.events(who)
        assert await batches(asker, "/events?limit=20") == expected
        raw = await asker.stream("/events", world.reached)
        assert logged([each.data for each in Parser().feed(raw) if each.data is not None]) == expected
        for path, name in names.items():
            for what in ("added", "changed", "removed"):
                found = await batches(asker, f"/events?type={name}.{what}")
                assert found == [
                    each for each in expected if each[1] == what and each[2].startswith(f"{path}/")
                ]
        for subject in sorted({f"{entry.path}/{entry.id}" for entry in sights.history})[::3]:
            found = await batches(asker, f"/events?subject={subject}")
            assert found == [each for each in expected if each[2] == subject]

    asking(world.server, check)


@CASES
def test_what_is_hidden_cannot_be_asked_for(world: World, kind: str) -> None:
    """In any words: it is answered as a field that there is not."""

    async def check(http: httpx.AsyncClient) -> None:
        asker = world.asker(http, kind)
        for path in PATHS:
            for name in RULES[path].hidden:
                for place, query in enumerate(HIDDEN_QUERIES):
                    accept = {"Accept": ACCEPTS[place % 3]}
                    one, other = [
                        await asker.ask("GET", f"{path}?{query.format(each)}", headers=accept)
                        for each in (name, "zzzzzzzz")
                    ]
                    assert one.status_code == 400
                    assert alike(one, repr(name))[:2] == alike(other, "'zzzzzzzz'")[:2]
                    assert name not in one.json().get("hint", "")

    asking(world.server, check)


def test_what_everyone_may_ask_tells_nothing_of_records(world: World) -> None:
    async def check(http: httpx.AsyncClient) -> None:
        asker = Asker(http, WHO["unknown"], {}, set())
        for url in ("/openapi.json", "/docs", "/metrics", "/health/ready", "/.well-known/jwks.json", "/x"):
            answer = await asker.ask("GET", url)
            assert "vault" not in answer.text.lower(), url
            for method in ("OPTIONS", "POST", "DELETE"):
                await asker.ask(method, url)
        for path in ("/vaults", "/vaults/x", "/vaults.ndjson"):
            assert (await asker.ask("GET", path)).status_code == 404

    asking(world.server, check)


def test_who_is_nobody_any_more_is_told_nothing(world: World) -> None:
    """A token that expired, whose session is over, or that is none: 401, whatever is asked and how."""
    tokens = world.tokens
    clerk = Who("olga", frozenset({"clerk", "service"}), frozenset({"red", "blue", "hall"}))
    past = tokens_of(world.server.folder)
    past._clock = lambda: 1_700_000_000.0
    good = headers_of(tokens, clerk)["Authorization"]
    token = good.removeprefix("Bearer ")
    header, claims = read(token, 0), read(token, 1)
    other, (key,) = OKPKey.generate_key("Ed25519"), private_keys(tokens)
    public = json.dumps(key.as_dict(private=False)).encode()
    forged = (
        f"{part(header | {'alg': 'none'})}.{part(claims)}.",
        hmac_signed(public, header | {"alg": "HS256"}, claims),
        signed(other, header, claims),
        signed(key, header, claims | {"iss": "https://elsewhere.example"}),
        signed(key, header, claims | {"aud": "another"}),
    )
    dead = (
        *({"Authorization": f"Bearer {each}"} for each in forged),
        headers_of(past, clerk),
        headers_of(tokens, clerk, session=OVER),
        {"Authorization": good[:-4] + "AAAA"},
        {"Authorization": good + "."},
        {"Authorization": good.replace("Bearer", "Basic")},
        {"X-API-Key": token},
        {"Cookie": f"antiphon={token}x"},
    )

    async def check(http: httpx.AsyncClient) -> None:
        ends = headers_of(tokens, Who("serv", frozenset({"service"})))
        answer = await http.put(f"/revocations/{OVER}", json={}, headers=ends)
        assert answer.status_code == 201, answer.text
        await together(refused(Asker(http, clerk, headers, set())) for headers in dead)

    async def refused(asker: Asker) -> None:
        id = next(iter(world.sights.seen(Who(None), "/opens")))
        for place, path in enumerate((*PATHS, "/events")):
            ways = [
                ("GET", path + query, accept)
                for accept in ACCEPTS
                for query in ("", "?from=now", f"?from={world.position(1)}", f"?{WINDOW}")
            ]
            for method, url, accept in (*ways[place % 4 :: 4], (METHODS[place % 4], path, "*/*")):
                answer = await asker.ask(method, url, headers={"Accept": accept})
                assert answer.status_code == 401, (method, url, answer.text)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
            assert (await asker.ask(method, f"/opens/{id}")).status_code == 401

    asking(world.server, check)
