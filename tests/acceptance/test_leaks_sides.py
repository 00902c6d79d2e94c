"""Leaks by the way: what refusals, keys, conditions and headers tell of records that are out of sight."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.callers import WHO, headers_of, tokens_of
from tests.acceptance.past import new_id, secret
from tests.acceptance.private import Box, Diary, Letter, Open, Photo, Remark, Vault, app
from tests.acceptance.server import Server
from tests.acceptance.sights import secrets

from antiphon import Resource, Transaction

PROGRAM = Path(__file__).with_name("private.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("sides") / "data", PROGRAM, rate_per_caller=0).start()
    yield server
    server.stop()
    assert server.errors() == []


@pytest.fixture
def clients(server: Server) -> Iterator[dict[str, httpx.Client]]:
    """A client a kind of caller."""
    tokens = tokens_of(server.folder)
    found = {kind: server.client(headers=headers_of(tokens, who)) for kind, who in WHO.items()}
    yield found
    for each in found.values():
        each.close()


def make(server: Server, *records: Resource) -> None:
    """Records that the application's own code writes."""

    def command(tx: Transaction) -> None:
        for record in records:
            tx.create(record)

    with app.connect(server.folder) as connection:
        connection.write(command)


def said(answer: httpx.Response, **names: Any) -> Any:
    """An answer, but for what differs for a reason: the names given, its request's id, its time."""
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    document = _named(answer.json(), names) if answer.text else None
    if isinstance(document, dict):
        document.pop("request_id", None)
    return answer.status_code, sorted(headers), document


def _named(part: Any, names: dict[str, Any]) -> Any:
    """A part of a document, in whose texts each value is called by its name, a number where it is whole."""
    if isinstance(part, dict):
        return {key: _named(value, names) for key, value in part.items()}
    if isinstance(part, list):
        return [_named(value, names) for value in part]
    if isinstance(part, str):
        for name, value in names.items():
            wanted = rf"(?<!\d){value}(?!\d)" if isinstance(value, int) else re.escape(value)
            part = re.sub(wanted, name, part)
    return part


VARYING = ("x-request-id", "date", "content-length")
OTHERS = pytest.mark.parametrize("kind", [kind for kind in WHO if kind != "owner"])


@OTHERS
def test_a_reference_to_what_is_out_of_sight_is_one_to_nothing(
    server: Server, clients: dict[str, httpx.Client], kind: str
) -> None:
    """Whatever else is wrong with the record, and however it is sent."""
    client = clients[kind]
    diary, taken, mine = new_id(), secret(), new_id()
    make(
        server,
        Diary(id=diary, text=secret(), owner="olga"),
        Remark(id=mine, text=secret(), author=WHO[kind].id or "zoe"),
        Remark(id=new_id(), text=secret(), code=taken, author="zoe"),
    )
    for code in (None, taken):
        for name, value in (("text", "x"), ("author", "zoe"), ("revision", 7)):
            answers = []
            for id in (diary, "idq99999z"):
                body = {"text": "x", "code": code, "diary": id, name: value}
                answers.append(
                    [
                        said(answer, ID=id)
                        for answer in (
                            client.post("/remarks", json=body),
                            client.post("/remarks", json=[body]),
                            client.put(f"/remarks/{mine}", json=body),
                            client.patch(f"/remarks/{mine}", json={"diary": id, "code": code}),
                            client.put("/remarks", json=[{**body, "id": mine}]),
                        )
                    ]
                )
            assert answers[0] == answers[1]
            assert all(status >= 400 for status, _, _ in answers[0])


@OTHERS
def test_what_is_hidden_cannot_be_guessed(
    server: Server, clients: dict[str, httpx.Client], kind: str
) -> None:
    client, id = clients[kind], new_id()
    seal, text = secret(), secret()
    letter = Letter(id=id, text=text, author="olga", marked=True, seal=seal, place="here", name="n" + id)
    make(server, letter)
    revision = client.get(f"/letters/{id}").json()["revision"]
    for name, right, wrong in (
        ("author", "olga", "stan2"),
        ("marked", True, False),
        ("seal", seal, secret()),
    ):
        one, other = [
            [
                said(answer, GUESS=json.dumps(value), BARE=f"'{value}'", REVISION=revision)
                for answer in (
                    client.patch(f"/letters/{id}", json={name: value}),
                    client.patch(f"/letters/{id}", json={name: value, "text": 5}),
                    client.put(
                        "/letters",
                        json=[
                            {"id": id, "text": text, "place": "here", "name": "n" + id, name: value or None},
                            {"id": id, "text": text, "revision": revision},
                            {"id": id},
                        ],
                    ),
                )
            ]
            for value in (right, wrong)
        ]
        assert one[:2] == other[:2], name
        if name != "marked":
            assert one == other, name
        assert all(status >= 400 for status, _, _ in one)
    assert client.get(f"/letters/{id}").json()["revision"] == revision


def test_what_an_action_returns_is_shown_as_it_is_elsewhere(
    server: Server, clients: dict[str, httpx.Client]
) -> None:
    id, seal = new_id(), secret()
    make(server, Letter(id=id, text=secret(), author="olga", seal=seal, place=id, name=id))
    letter = clients["owner"].get(f"/letters/{id}").json()
    assert clients["owner"].post(f"/letters/{id}/whole").json() == {"letter": letter}
    assert clients["stranger"].post(f"/letters/{id}/whole").status_code == 403


def test_a_key_that_is_taken_tells_no_more_than_that(
    server: Server, clients: dict[str, httpx.Client]
) -> None:
    code, id = secret(), new_id()
    make(server, Photo(id=id, text=secret(), owner="olga", code=code, licence=secret()))
    for client in (clients["stranger"], clients["clerk"]):
        for answer in (
            client.post("/photos", json={"text": "x", "code": code}),
            client.put(f"/photos/{id}", json={"text": "x"}),
            client.put(f"/photos/{id}", json={"text": "x"}, headers={"If-None-Match": "*"}),
        ):
            assert answer.status_code == 409
            assert secrets(answer.text) <= {*secrets(code), id}
    name, seal = secret(), secret()
    make(
        server,
        Letter(id=new_id(), text="x", author="olga", name=name, place="a", seal=seal),
        Letter(id=(other := new_id()), text="x", author="olga", name=name, place="b", seal=seal),
    )
    answer = clients["clerk"].patch(f"/letters/{other}", json={"place": "a"})
    assert answer.status_code == 409
    assert not secrets(answer.text) & secrets(seal)


def test_what_refers_to_a_record_is_not_told_to_its_owner(
    server: Server, clients: dict[str, httpx.Client]
) -> None:
    photo, diary = new_id(), new_id()
    make(
        server,
        Photo(id=photo, text="x", owner="olga"),
        Vault(id=new_id(), text=secret(), photo=photo),
        Diary(id=diary, text="x", owner="olga"),
        Remark(id=(remark := new_id()), text=secret(), diary=diary, author="zoe"),
    )
    answer = clients["owner"].delete(f"/photos/{photo}")
    assert answer.status_code == 409
    assert "vault" not in answer.text.lower()
    answer = clients["owner"].delete(f"/diaries/{diary}")
    assert (answer.status_code, "/remarks" in answer.text) == (409, True)  # which she may read
    assert remark not in answer.text


def test_a_key_of_another_repeats_nothing(server: Server, clients: dict[str, httpx.Client]) -> None:
    """An answer is given again to who was given it first, and nobody else learns that the key was used."""
    for path, body in (("/diaries", {"text": secret()}), ("/opens", {"text": secret()})):
        key, ids = {"Idempotency-Key": f"the-same{path}"}, set()
        for kind in ("owner", "stranger", "member", "clerk", "service"):
            first = clients[kind].post(path, json={**body, "secret": kind}, headers=key)
            assert first.status_code == 201, first.text
            assert "Idempotency-Replayed" not in first.headers
            again = clients[kind].post(path, json={**body, "secret": kind}, headers=key)
            assert (again.headers["Idempotency-Replayed"], again.content) == ("true", first.content)
            ids.add(first.json()["id"])
        assert len(ids) == 5
    answer = clients["unknown"].post(
        "/boxes", json={"text": "x"}, headers={"Idempotency-Key": "the-same/opens"}
    )
    assert answer.status_code == 201
    assert answer.json() is None  # it may make one, and read none


def test_who_may_create_and_not_read_is_shown_nothing_in_any_form(
    server: Server, clients: dict[str, httpx.Client]
) -> None:
    for client in clients.values():
        for answer, expected in (
            (client.post("/boxes", json={"text": secret()}), None),
            (client.post("/boxes", json=[{"text": secret()}] * 2), {"items": [None, None]}),
            (client.put(f"/boxes/{new_id()}", json={"text": secret()}), None),
        ):
            assert answer.status_code == 201
            assert answer.json() == expected
        lines = json.dumps({"text": secret()}) + "\n"
        ndjson = {"Content-Type": "application/x-ndjson"}
        assert client.post("/boxes", content=lines * 2, headers=ndjson).text == "null\nnull\n"
    with app.connect(server.folder) as connection:
        assert connection.count(Box) > 0


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson", "text/event-stream"])
def test_who_asks_is_said_once(server: Server, accept: str) -> None:
    tokens = tokens_of(server.folder)
    olga, stan = (headers_of(tokens, WHO[kind])["Authorization"] for kind in ("owner", "stranger"))
    cookie = ("Cookie", f"antiphon={olga.removeprefix('Bearer ')}")
    with server.client() as client:
        for twice in (
            [("Authorization", olga), ("Authorization", stan)],
            [("Authorization", olga), ("Authorization", olga)],
            [("Authorization", stan), cookie],
            [("Authorization", stan), ("X-API-Key", olga.removeprefix("Bearer "))],
            [cookie, cookie],
            [("Cookie", f"{cookie[1]}; antiphon=other")],
        ):
            for path in ("/opens", "/diaries", "/events"):
                for method in ("GET", "HEAD", "POST", "OPTIONS"):
                    answer = client.request(method, path, headers=[("Accept", accept), *twice])
                    assert answer.status_code == 400, (method, path, twice)


def test_another_site_reads_and_writes_nothing_with_a_cookie(server: Server) -> None:
    token = headers_of(tokens_of(server.folder), WHO["owner"])["Authorization"].removeprefix("Bearer ")
    id, text = new_id(), secret()
    make(server, Open(id=id, text=text), Diary(id=id, text=text, owner="olga"))
    with server.client(headers={"Cookie": f"antiphon={token}"}) as client:
        for site in (
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1.evil.example"},
            {},
        ):
            for path in ("/opens", "/diaries"):
                for kind in ("application/json", "application/x-ndjson", "text/plain", "multipart/form-data"):
                    headers = {"Content-Type": kind, **site}
                    body = json.dumps({"text": "forged"})
                    for method, url in (
                        ("POST", path),
                        ("PUT", path),
                        ("PUT", f"{path}/{id}"),
                        ("PATCH", f"{path}/{id}"),
                        ("DELETE", f"{path}/{id}"),
                        ("POST", f"/diaries/{id}/stamp"),
                    ):
                        answer = client.request(method, url, content=body, headers=headers)
                        assert answer.status_code == 403, (method, url, site)
            answer = client.get(f"/diaries/{id}", headers=site)
            assert answer.status_code == 200
            assert not [name for name in answer.headers if name.startswith("access-control")]
    with app.connect(server.folder) as connection:
        assert connection.count(Open, text="forged") == connection.count(Diary, text="forged") == 0
        assert connection.get(Diary, id).text == text


def test_no_shared_cache_keeps_what_is_not_for_everyone(
    server: Server, clients: dict[str, httpx.Client]
) -> None:
    id = new_id()
    make(server, Diary(id=id, text="x", owner="olga"), Open(id=id, text="x"))
    client = clients["owner"]
    for path in ("/diaries", f"/diaries/{id}", "/diaries.ndjson", "/events", "/posts", "/remarks"):
        for answer in (client.get(path), client.head(path)):
            control = answer.headers["Cache-Control"]
            assert "private" in control or "no-store" in control
            assert {"Authorization", "Cookie", "X-API-Key"} <= set(answer.headers["Vary"].split(", "))
            tag = answer.headers.get("ETag", '"x"')
            again = client.get(path, headers={"If-None-Match": tag})
            assert again.headers["Cache-Control"] == control
            assert again.headers["Vary"] == answer.headers["Vary"]
    for path in ("/opens", f"/opens/{id}"):
        assert client.get(path).headers["Vary"] == "Accept"
    for answer in (clients["stranger"].get(f"/diaries/{id}"), clients["unknown"].get("/diaries")):
        assert answer.headers["Cache-Control"] == "no-store"
    with client.stream("GET", "/diaries", headers={"Accept": "text/event-stream"}) as stream:
        assert stream.headers["Cache-Control"] == "no-store"


def test_measures_tell_of_no_record_and_no_caller(server: Server, clients: dict[str, httpx.Client]) -> None:
    id = new_id()
    make(server, Diary(id=id, text=secret(), owner="olga"))
    clients["owner"].get(f"/diaries/{id}")
    clients["stranger"].get(f"/diaries/{id}")
    told = clients["unknown"].get("/metrics").text
    assert not secrets(told)
    assert not [who.id for who in WHO.values() if who.id and who.id in told.split('"')]


def test_a_write_under_a_condition_on_what_is_out_of_sight_finds_nothing(
    server: Server, clients: dict[str, httpx.Client]
) -> None:
    id = new_id()
    make(server, Diary(id=id, text=secret(), owner="olga"))
    tag = clients["owner"].get(f"/diaries/{id}").headers["ETag"]
    for kind in ("stranger", "member", "clerk", "service"):
        for condition in ({"If-Match": tag}, {"If-Match": "*"}, {"If-Match": '"guess"'}):
            for method in ("PUT", "PATCH", "DELETE"):
                request: dict[str, Any] = {} if method == "DELETE" else {"json": {"text": "x"}}
                one, other = [
                    said(
                        clients[kind].request(method, f"/diaries/{each}", headers=condition, **request),
                        ID=each,
                    )
                    for each in (id, "idq99999z")
                ]
                assert one == other
                assert one[0] in (404, 412)
