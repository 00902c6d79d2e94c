"""Plain requests, answered without an ASGI cycle: as all others are, and known again by their bytes."""

import json
import re
from pathlib import Path
from typing import Any

from tests.acceptance.callers import headers_of, tokens_of
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import new_song
from tests.acceptance.server import Server, eventually
from tests.acceptance.sights import Who
from tests.acceptance.talking import Answer, Talk, get, request, send_json

HERE = Path(__file__).parent
JSON = {"Content-Type": "application/json"}
NOT_PLAIN = {"Accept": "application/json, text/html;q=0.1"}
"""A header that makes a request not plain, and changes nothing else of it."""
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
LONG = b'{"title": "' + b"x" * 70_000 + b'"}'

Asked = tuple[str, str, dict[str, str], bytes | None]


def case(
    method: str, target: str, content: Any = None, headers: dict[str, str] | None = None, kind: str = "json"
) -> Asked:
    """A request; `content` that is not bytes goes as JSON."""
    named = dict(headers or {})
    if content is not None:
        named.setdefault("Content-Type", f"application/{kind}")
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return method, target, named, content


REQUESTS = [
    case("GET", "/songs"),
    case("GET", "/songs/none"),
    case("PUT", "/songs/s1", {"title": "One", "genre": "jazz", "year": 1999}),
    case("PUT", "/songs/s2", {"title": "Two", "genre": "jazz", "year": 2001}),
    case("PUT", "/songs/s2", {"title": "Zwei", "genre": "jazz", "year": 2001}),
    case("PUT", "/songs/s3", {"id": "s4", "title": "Three"}),
    case("PUT", "/songs/s3", {"title": "Three"}, {"If-None-Match": "*"}),
    case("PUT", "/songs/s3", {"title": "Three"}, {"If-None-Match": "*"}),
    case("PUT", "/songs/not%20an%20id", {"title": "x"}),
    case("GET", "/songs/s1"),
    case("GET", "/songs/s1", headers={"If-None-Match": "{tag}"}),
    case("GET", "/songs/s1", headers={"If-None-Match": '"other"'}),
    case("GET", "/songs/s1?fields=title"),
    case("GET", "/songs/s1?limit=3"),
    case("GET", "/songs/s%31"),
    case("GET", "/songs?order=-year&limit=1"),
    case("GET", "{next}"),
    case("GET", "/songs?genre=jazz&fields=title,year"),
    case("GET", "/songs", headers={"If-None-Match": "{tag}"}),
    case("GET", "/songs?genre=jazz", headers={"If-None-Match": "*"}),
    case("GET", "/songs?nothing=1"),
    case("GET", "/songs?year=x"),
    case("GET", "/songs?after=x"),
    case("GET", "/songs?from=now"),
    case("GET", "/songs?title=%ff"),
    case("GET", "/songs/"),
    case("GET", "/songs//s1"),
    case("GET", "/songs/s1/"),
    case("GET", "/songs.json"),
    case("GET", "/songs.xml"),
    case("GET", "/songs/s1.json"),
    case("GET", "/genre"),
    case("GET", "/genres/x"),
    case("GET", "/nowhere"),
    case("POST", "/songs", {"title": "Four"}),
    case("POST", "/songs", {"id": "mine", "title": "Five"}),
    case("POST", "/songs", {"title": ""}),
    case("POST", "/songs", {"title": "x", "nothing": 1}),
    case("POST", "/songs", b"{'title'"),
    case("POST", "/songs", b'{"title": "a", "title": "b"}'),
    case("POST", "/songs", b"\xff"),
    case("POST", "/songs", b""),
    case("POST", "/songs", LONG),
    case("POST", "/songs", {"title": "x"}, kind="pdf"),
    case("POST", "/songs", {"title": "x"}, kind="merge-patch+json"),
    case("POST", "/songs", {"title": "x"}, {"Content-Encoding": "gzip"}),
    case("POST", "/songs"),
    case("POST", "/songs", [{"title": "Six"}, {"title": "Seven"}]),
    case("POST", "/songs", [{"title": "Six"}, {"title": ""}]),
    case("PUT", "/songs", [{"id": "s8", "title": "Eight"}]),
    case("PUT", "/songs", {"id": "s8"}),
    case("PATCH", "/songs/s1", {"year": None}, kind="merge-patch+json"),
    case("PATCH", "/songs/s1", {"year": 1960}),
    case("PATCH", "/songs/s1", {"year": 1961}, {"If-Match": '"other"'}),
    case("PATCH", "/songs/s1", {"year": 1962}, {"If-Match": "{tag}"}),
    case("PATCH", "/songs/none", {"year": 1}),
    case("PATCH", "/songs/s1", {"revision": 1, "year": 1}),
    case("POST", "/songs/s1/rename", {"title": "Uno"}),
    case("POST", "/songs/s1/rename", {"name": "Uno"}),
    case("POST", "/songs/none/rename", {"title": "Uno"}),
    case("POST", "/songs/s1/forget"),
    case("POST", "/songs/s1/refuse"),
    case("POST", "/songs/s1/reanme"),
    case("GET", "/songs/s1/rename"),
    case("POST", "/songs/s2/split", {"titles": ["a", "b"]}),
    case("POST", "/songs/s1/copy", {"name": "s1"}),
    case("POST", "/songs", {"title": "Once"}, {"Idempotency-Key": "k"}),
    case("POST", "/songs", {"title": "Once"}, {"Idempotency-Key": "k"}),
    case("POST", "/songs", {"title": "Twice"}, {"Idempotency-Key": "k"}),
    case("POST", "/songs", {"title": "Once"}, {"Idempotency-Key": "k" * 300}),
    case("PUT", "/songs/s9", {"title": "Nine", "isrc": "1"}),
    case("PUT", "/songs/s10", {"title": "Ten", "isrc": "1"}),
    case("PUT", "/songs/s11", {"title": "Eleven", "artist_id": "nobody"}),
    case("DELETE", "/songs/s3", headers={"If-Match": '"other"'}),
    case("DELETE", "/songs/s3"),
    case("DELETE", "/songs/s3"),
    case("DELETE", "/songs/s8", {}),
    case("DELETE", "/songs"),
    case("POST", "/songs/s1", {}),
    case("OPTIONS", "/songs"),
    case("OPTIONS", "/songs/s1"),
    case("HEAD", "/songs/s1"),
    case("HEAD", "/songs?genre=nothing"),
    case("HEAD", "/songs/none"),
    case("TRACE", "/songs"),
    case("GET", "/songs", headers={"X-Request-Id": "mine"}),
    case("GET", "/songs", b"{}"),
    case("GET", "/songs"),
]


def same(answer: Answer, incarnation: str) -> Any:
    """An answer without what is one server's, or one record's, alone."""

    def plain(text: bytes) -> bytes:
        if incarnation:
            text = text.replace(incarnation.encode(), b"I")
        return UUID.sub(b"U", text)

    body = re.sub(rb'"request_id":"[^"]*"', b'"request_id":"R"', plain(answer.body))
    headers = sorted(
        (name, plain(value.encode("latin-1")))
        for name, value in answer.headers
        if name not in ("date", "x-request-id")
    )
    if b"U" in body:  # the tag of a page is made of what it says
        headers = [each for each in headers if each[0] not in ("etag", "link")]
        body = re.sub(rb"after=[^\"]+", b"after=A", body)
    return answer.status, headers, body


def answers(server: Server, more: dict[str, str]) -> list[Any]:
    """What is answered to each of `REQUESTS`; on a new connection after one that the server closes."""
    found = []
    state = {"tag": "", "next": "", "incarnation": ""}
    talk = Talk(server)
    for method, target, headers, content in REQUESTS:
        named = {name: value.format(**state) for name, value in headers.items()} | more
        answer = talk.ask(request(method, target.format(**state), named, content))
        told = dict(answer.headers)
        state["tag"] = told.get("etag", state["tag"])
        if "antiphon-position" in told:
            state["incarnation"] = told["antiphon-position"].rpartition("-")[0]
        if b'"next":"' in answer.body:
            state["next"] = json.loads(answer.body)["next"]
        if told.get("connection") == "close":
            talk.socket.close()
            talk = Talk(server)
        found.append(same(answer, state["incarnation"]))
    talk.socket.close()
    return found


def test_the_same_requests_have_the_same_answers_either_way(serving: Serving) -> None:
    directly, otherwise = (answers(serving(max_body_bytes=60_000), more) for more in ({}, NOT_PLAIN))
    for asked, here, there in zip(REQUESTS, directly, otherwise, strict=True):
        assert here == there, asked
    assert {each[0] for each in directly} >= {200, 201, 204, 304, 400, 404, 405, 409, 411, 412, 413, 415, 422}


def test_policies_refuse_the_same_either_way(serving: Serving) -> None:
    server = serving(program=HERE / "private.py", rate_per_caller=0)
    with server.client() as client:
        assert client.get("/opens").status_code == 200  # the keys are there
    tokens = tokens_of(server.folder)
    olga, stan = (headers_of(tokens, Who(name)) for name in ("olga", "stan"))
    clerk = headers_of(tokens, Who("cleo", roles=frozenset({"clerk"})))
    forged = {"Authorization": "Bearer x.y.z"}
    with server.client() as client:
        made = client.put("/diaries/d1", json={"text": "dear"}, headers=olga)
        assert made.status_code == 201, made.text
        assert client.put("/notices/n1", json={"text": "hear"}, headers=clerk).status_code == 201
        assert (
            client.put("/photos/p1", json={"text": "look", "public": True}, headers=olga).status_code == 201
        )
    asked: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", target, None, who)
        for target in (
            "/diaries",
            "/diaries/d1",
            "/notices",
            "/notices/n1",
            "/photos/p1",
            "/boxes",
            "/vaults",
        )
        for who in ({}, olga, stan, clerk, forged)
    ]
    asked += [
        (method, target, {"text": "x"}, who)
        for method, target in (
            ("PATCH", "/diaries/d1"),
            ("PUT", "/notices/n1"),
            ("PATCH", "/photos/p1"),
            ("POST", "/revocations"),
            ("DELETE", "/notices/n1"),
        )
        for who in ({}, stan, forged)
    ]
    seen = set()
    with Talk(server) as talk:
        for method, target, value, who in asked:
            found = []
            for more in ({}, NOT_PLAIN, {}, NOT_PLAIN):
                message = (
                    request(method, target, {**who, **more})
                    if value is None
                    else send_json(method, target, value, **who, **more)
                )
                found.append(same(talk.ask(message), ""))
            for each in found:
                assert each == found[0], (method, target, who)
            seen.add(found[0][0])
    assert seen == {200, 401, 403, 404}


def test_the_same_bytes_have_the_same_answer_each_with_an_id_a_line_and_a_count(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        id = new_song(client, genre="jazz")["id"]
        targets = ["/songs?genre=jazz", f"/songs/{id}", f"/songs/{id}?fields=title"]
        tag = client.get(targets[1]).headers["ETag"]
    messages = [get(target) for target in targets] + [get(targets[1], If_None_Match=tag)]
    ids: list[str] = []
    with Talk(server) as talk, Talk(server) as other:
        for message in messages:
            first, *more = (each.ask(message) for each in (talk, talk, other, talk, other))
            assert first.status == (304 if message is messages[-1] else 200)
            for each in more:
                assert each.lasting == first.lasting
                assert each["antiphon-position"] == first["antiphon-position"]
                assert each["date"]
            ids += [each["x-request-id"] for each in (first, *more)]
        own = get(targets[0], X_Request_Id="mine")
        assert [talk.ask(own)["x-request-id"] for _ in range(3)] == ["mine"] * 3
    assert len(set(ids)) == len(ids) == 20
    logged = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    for id in ids:
        assert len([line for line in logged if line.get("request_id") == id]) == 1
    with server.client() as client:
        counted = [
            line
            for line in client.get("/metrics").text.splitlines()
            if "304" in line and "_count" not in line
        ]
        assert any(line.endswith(" 5") or line.endswith(" 5.0") for line in counted), counted


def test_who_writes_reads_it_in_the_next_answer(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        id, quiet = new_song(client, genre="loud")["id"], new_song(client, genre="quiet")["id"]
    messages = [get(f"/songs/{id}"), get("/songs?genre=loud"), get("/songs?order=-length&limit=1")]
    others = [get(f"/songs/{quiet}"), get("/songs?genre=quiet")]
    with Talk(server) as talk, Talk(server) as other:
        before = [talk.ask(each) for each in others]
        for turn in range(1, 201):
            written = talk.ask(send_json("PATCH", f"/songs/{id}", {"length": turn}))
            assert written.status == 200
            for each in messages:
                for asking in (other, talk) if turn % 2 else (talk, other):
                    answer = asking.ask(each)
                    assert b'"length":%d' % turn in answer.body
                    assert answer.position == written.position
            for place, each in enumerate(others):
                answer = (talk, other)[turn % 2].ask(each)
                assert answer.lasting == before[place].lasting
                assert answer.position == written.position
        assert talk.ask(request("DELETE", f"/songs/{id}")).status == 204
        assert other.ask(messages[0]).status == 404
        assert id.encode() not in other.ask(messages[1]).body


def test_what_another_process_writes_is_in_the_next_answer(serving: Serving) -> None:
    from tests.acceptance.library import Song, app

    server = serving()
    message = get("/songs?genre=elsewhere")
    with Talk(server) as talk, app.connect(server.folder) as store:
        for turn in range(50):
            talk.ask(message)
            made = store.write(lambda tx: tx.create(Song(title="x", genre="elsewhere")))
            answer = talk.ask(message)
            assert made.id.encode() in answer.body, turn
            assert answer.body.count(b'"id"') == turn + 1


def test_known_requests_are_counted(serving: Serving) -> None:
    server = serving(program=HERE / "signed_in.py", rate_per_address=30)
    with Talk(server) as talk:
        message = get("/notes")
        answers = [talk.ask(message) for _ in range(35)]
        assert [each.status for each in answers] == [200] * 30 + [429] * 5
        assert answers[1]["ratelimit"] == '"address";r=28;t=4'
        assert answers[-1]["retry-after"]


def test_known_requests_of_a_caller_are_counted(serving: Serving) -> None:
    server = serving(program=HERE / "private.py", rate_per_caller=10)
    with Talk(server) as talk:
        assert talk.ask(get("/opens")).status == 200
        tokens = tokens_of(server.folder)
        one, two = (get("/diaries", **headers_of(tokens, Who(name))) for name in ("olga", "stan"))
        assert [talk.ask(one).status for _ in range(12)] == [200] * 10 + [429] * 2
        assert talk.ask(two)["ratelimit"].startswith('"caller";r=9;')


def test_a_token_that_expires_is_refused_though_its_request_is_known(serving: Serving) -> None:
    server = serving(program=HERE / "private.py")
    with Talk(server) as talk:
        assert talk.ask(get("/opens")).status == 200
        who = headers_of(tokens_of(server.folder), Who("olga"), seconds=2)
        message = get("/diaries", **who)
        assert [talk.ask(message).status for _ in range(3)] == [200] * 3
        assert eventually(lambda: talk.ask(message).status == 401, 10)
        assert [talk.ask(message).status for _ in range(3)] == [401] * 3


def test_a_session_that_ends_is_refused_at_the_next_known_request(serving: Serving) -> None:
    server = serving(program=HERE / "private.py")
    with Talk(server) as talk, Talk(server) as other:
        assert talk.ask(get("/opens")).status == 200
        tokens = tokens_of(server.folder)
        service = headers_of(tokens, Who("serv", roles=frozenset({"service"})))
        for turn in range(20):
            message = get("/diaries", **headers_of(tokens, Who("olga"), session=f"s{turn}"))
            assert [talk.ask(message).status for _ in range(3)] == [200] * 3
            ended = other.ask(send_json("PUT", f"/revocations/s{turn}", {}, **service))
            assert ended.status == 201
            assert talk.ask(message).status == 401
            assert other.ask(message).status == 401


def test_nobody_is_given_what_is_kept_for_another(serving: Serving) -> None:
    server = serving(program=HERE / "private.py")
    with Talk(server) as talk:
        assert talk.ask(get("/opens")).status == 200
        tokens = tokens_of(server.folder)
        callers = {name: headers_of(tokens, Who(name)) for name in ("olga", "stan", "mia")}
        for name, headers in callers.items():
            made = talk.ask(send_json("PUT", f"/diaries/{name}", {"text": f"by {name}"}, **headers))
            assert made.status == 201
        for _ in range(5):
            for name, headers in callers.items():
                page = json.loads(talk.ask(get("/diaries", **headers)).body)
                assert [each["text"] for each in page["items"]] == [f"by {name}"]
                for owner in callers:
                    answer = talk.ask(get(f"/diaries/{owner}", **headers))
                    assert answer.status == (200 if owner == name else 404)
                    assert answer.status == 404 or "private" in answer["cache-control"]
            assert talk.ask(get("/diaries")).status == 401


BREAKING = [
    ("X-Line", "a\r\nSet-Cookie: b=c"),
    ("X-Line", "a\nSet-Cookie: b=c"),
    ("X-Line", "a\r\n\r\n<html>"),
    ("X-Line", "a\rb"),
    ("X-Line", "a\x00b"),
    ("X-Line", "the song of songs \u2603"),
    ("X-Line\r\nSet-Cookie: b=c", "a"),
    ("X Line", "a"),
    ("", "a"),
]


def test_a_header_that_would_break_an_answer_is_a_failure_of_ours(serving: Serving) -> None:
    server = serving(program=HERE / "impatient.py")
    server.forgive("mislead", "cannot be sent", "UnicodeEncodeError")
    with Talk(server) as talk:
        assert talk.ask(send_json("PUT", "/tasks/t", {"title": "x"})).status == 201
        for name, value in BREAKING:
            for more in ({}, NOT_PLAIN):
                content: Any = {"name": name, "value": value}
                answer = talk.ask(send_json("POST", "/tasks/t/mislead", content, **more))
                assert (answer.status, json.loads(answer.body)["code"]) == (500, "internal"), (name, value)
                assert "set-cookie" not in dict(answer.headers)
                fine: Any = {"name": "X-Line", "value": "a\tb"}
                answer = talk.ask(send_json("POST", "/tasks/t/mislead", fine, **more))
                assert (answer.status, answer["x-line"]) == (422, "a\tb")
