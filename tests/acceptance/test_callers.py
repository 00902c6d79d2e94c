"""Who asks, over real connections: tokens, keys and cookies, their ends, and those who ask too much."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import problem
from tests.acceptance.server import Server, eventually
from tests.acceptance.test_follow_http import following
from tests.unit.access.forging import part, read, signed
from tests.unit.server.provider import Provider

from antiphon import Tokens

HERE = Path(__file__).parent
PROGRAM = HERE / "signed_in.py"
HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture
def notes(serving: Serving) -> Server:
    return serving(program=PROGRAM)


@pytest.fixture
def client(notes: Server) -> Iterator[httpx.Client]:
    with notes.client() as client:
        yield client


def sign_in(client: httpx.Client, name: str, **more: Any) -> str:
    """A token; the cookie that comes with it is left aside."""
    answer = client.post("/sign-in", json={"name": name, "password": name[::-1], **more})
    client.cookies.clear()
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def unknown(answer: httpx.Response) -> str:
    """What a 401 says, which names a scheme; and of a bad token, that it is bad."""
    assert problem(answer, 401, "not_signed_in")["hint"]
    return answer.headers["WWW-Authenticate"]


def test_a_token_says_who_writes(client: httpx.Client) -> None:
    assert unknown(client.post("/notes", json={"text": "x"})) == "Bearer"
    ana, ben = (bearer(sign_in(client, name)) for name in ("ana", "ben"))
    made = client.post("/notes", json={"text": "x"}, headers=ana)
    assert (made.status_code, made.json()["author"]) == (201, "ana")
    path = made.headers["Location"]
    problem(client.patch(path, json={"text": "y"}, headers=ben), 403, "forbidden")
    assert client.patch(path, json={"text": "y"}, headers=ana).status_code == 200
    [event, *_] = client.get("/events", headers=ana).json()
    assert event["caller"] == "ana"
    assert "caller" not in client.get("/events").json()[0]  # nor does anyone else learn it


def test_a_key_of_a_device(client: httpx.Client) -> None:
    key = client.post("/keys", json={"name": "sensor", "session": "k1"}).json()["key"]
    for headers in ({"X-API-Key": key}, bearer(key)):
        assert client.post("/notes", json={"text": "x"}, headers=headers).json()["author"] == "sensor"
    assert "invalid_token" in unknown(client.get("/notes", headers={"Cookie": f"antiphon={key}"}))
    problem(client.get("/notes", headers={"X-API-Key": key, **bearer(key)}), 400, "invalid_header")
    made = client.post("/ended", json={}, headers={"X-API-Key": key})
    assert made.status_code == 201
    assert client.put("/ended/k1", json={}, headers=bearer(sign_in(client, "ana"))).status_code == 201
    assert eventually(lambda: client.get("/notes", headers={"X-API-Key": key}).status_code == 401)


def test_the_cookie_of_a_browser(client: httpx.Client, notes: Server) -> None:
    page = {"Origin": notes.url}
    answer = client.post("/sign-in", json={"name": "ana", "password": "ana"}, headers=page)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("antiphon=")
    assert cookie.endswith("; Path=/; Max-Age=900; HttpOnly; SameSite=Lax")
    assert client.post("/notes", json={"text": "x"}, headers=page).json()["author"] == "ana"
    assert client.get("/notes", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    for site in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {},
    ):
        form = {"Content-Type": "application/json", **site}
        refused = client.post("/notes", content=b'{"text": "forged"}', headers=form)
        problem(refused, 403, "forbidden")
        form["Content-Type"] = "application/x-www-form-urlencoded"
        problem(client.post("/notes", content=b"text=forged", headers=form), 403, "forbidden")
    assert len(client.get("/notes").json()["items"]) == 1


def test_by_https_no_other_host_sets_the_cookie(client: httpx.Client) -> None:
    answer = client.post("/sign-in", json={"name": "ana", "password": "ana"}, headers=HTTPS)
    client.cookies.clear()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-antiphon=")
    assert cookie.endswith("; HttpOnly; SameSite=Lax; Secure")
    token = answer.json()["access_token"]
    planted = {
        **HTTPS,
        "Cookie": f"antiphon={token}",
        "Origin": "https://notes.example",
        "Host": "notes.example",
    }
    assert unknown(client.post("/notes", json={"text": "x"}, headers=planted)) == "Bearer"
    own = planted | {"Cookie": f"__Host-antiphon={token}"}
    assert client.post("/notes", json={"text": "x"}, headers=own).status_code == 201


def test_a_bad_cookie_does_not_stand_in_the_way_of_the_next_sign_in(client: httpx.Client) -> None:
    client.cookies.set("antiphon", sign_in(client, "ana")[:-6] + "AAAAAA", domain="127.0.0.1")
    refused = client.get("/notes")
    assert "invalid_token" in unknown(refused)
    assert "Max-Age=0" in refused.headers["Set-Cookie"]
    assert client.get("/notes").status_code == 200  # the cookie is gone


def test_forged_tokens_are_refused_everywhere(client: httpx.Client) -> None:
    token = sign_in(client, "ana")
    header, claims = read(token, 0), read(token, 1)
    [shown] = client.get("/.well-known/jwks.json").json()["keys"]
    assert shown["kid"] == header["kid"]
    forged = {
        "none": f"{part(header | {'alg': 'none'})}.{part(claims)}.",
        "other key": signed(OKPKey.generate_key("Ed25519"), header, claims),
        "tampered": f"{token.split('.')[0]}.{part(claims | {'sub': 'ben'})}.{token.split('.')[2]}",
        "garbage": "\xff\xfe\x80",
        "huge": "a" * 20_000,
    }
    for name, each in forged.items():
        sent = {b"Authorization": f"Bearer {each}".encode("latin-1")}
        for path in ("/notes", "/notes/x", "/events", "/openapi.json", "/nothing"):
            answer = client.get(path, headers=sent)
            assert "invalid_token" in unknown(answer), name
            assert len(each) < 10 or each not in answer.text
        stream = client.get("/notes", headers=sent | {b"Accept": b"text/event-stream"})
        assert stream.status_code == 401
        assert client.post("/notes", json={"text": "x"}, headers=sent).status_code == 401
        assert client.options("/notes", headers=sent).status_code == 401


def test_a_stream_ends_with_its_token(client: httpx.Client) -> None:
    token = sign_in(client, "ana", seconds=2)
    with following(client, "/notes", **bearer(token)) as stream:
        stream.take(1)
        stream.rest()
    assert "invalid_token" in unknown(client.get("/notes", headers=bearer(token)))


def test_a_stream_ends_with_its_session(client: httpx.Client) -> None:
    token = bearer(sign_in(client, "ana", session="s1"))
    with following(client, "/notes", **token) as stream:
        stream.take(1)
        assert client.put("/ended/s1", json={}, headers=bearer(sign_in(client, "ben"))).status_code == 201
        stream.rest()
    assert unknown(client.get("/notes", headers=token)).startswith("Bearer")


def test_the_key_set_is_for_everyone(client: httpx.Client) -> None:
    answer = client.get("/.well-known/jwks.json")
    assert answer.headers["Content-Type"] == "application/jwk-set+json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    [key] = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"].keys() == {"bearer", "key", "cookie"}
    assert "/.well-known/jwks.json" in document["paths"]


def test_keys_outlive_a_restart_and_rotate_under_way(notes: Server) -> None:
    with notes.client() as client:
        old = bearer(sign_in(client, "ana"))
    notes.restart()
    with notes.client() as client:
        assert client.post("/notes", json={"text": "x"}, headers=old).status_code == 201
        Tokens(notes.folder, issuer="https://notes.example").keys.rotate()
        assert eventually(lambda: len(client.get("/.well-known/jwks.json").json()["keys"]) == 2)
        assert client.post("/notes", json={"text": "x"}, headers=old).status_code == 201


def test_an_issuer_elsewhere(serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider(tmp_path / "provider", audience="notes")
    try:
        monkeypatch.setenv("KEYS_OF_OTHERS", f"http://127.0.0.1:{provider.port}/keys")
        server = serving(program=PROGRAM)
        theirs = bearer(provider.tokens.issue("7"))
        with server.client() as client:
            assert eventually(lambda: client.get("/notes", headers=theirs).status_code == 200)
            made = client.post("/notes", json={"text": "x"}, headers=theirs)
            assert made.json()["author"] == "accounts:7"
            assert (
                client.post("/notes", json={"text": "x"}, headers=bearer(sign_in(client, "7"))).json()[
                    "author"
                ]
                == "7"
            )
            provider.stop()
            assert client.get("/notes", headers=theirs).status_code == 200
            server.restart()
        with server.client() as client:  # what it shows is not known, and its being down hurts nobody else
            waiting = client.get("/notes", headers=theirs)
            assert problem(waiting, 503, "unavailable")
            assert waiting.headers["Retry-After"] == "1"
            assert client.get("/notes", headers=bearer(sign_in(client, "ana"))).status_code == 200
            provider.start(provider.port)
            assert eventually(lambda: client.get("/notes", headers=theirs).status_code == 200)
    finally:
        provider.stop()


def test_sign_ins_that_fail_are_slowed(client: httpx.Client) -> None:
    wrong = {"name": "ana", "password": "wrong"}
    answers = [client.post("/sign-in", json=wrong) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert problem(answers[-1], 429, "too_many_requests")
    assert answers[-1].headers["Retry-After"] == "1"
    assert client.post("/sign-in", json={"name": "ana", "password": "ana"}).status_code == 429
    assert sign_in(client, "ben")
    assert eventually(lambda: client.post("/sign-in", json={"name": "ana", "password": "ana"}).is_success)


def test_an_address_that_asks_too_much(serving: Serving) -> None:
    server = serving(program=PROGRAM, rate_per_address=20)
    with server.client() as client:
        answers = [client.get("/notes") for _ in range(25)]
        assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 5
        assert answers[0].headers["RateLimit-Policy"] == '"address";q=20;w=60'
        assert answers[0].headers["RateLimit"] == '"address";r=19;t=3'
        assert problem(answers[-1], 429, "too_many_requests")
        assert answers[-1].headers["RateLimit"].startswith('"address";r=0;t=')
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3
        assert client.get("/health/live").status_code == 200
        assert client.get("/notes", headers=bearer("guess")).status_code == 429  # before work is done


def test_a_caller_that_asks_too_much_slows_itself_alone(serving: Serving) -> None:
    server = serving(program=PROGRAM, rate_per_caller=10)
    with server.client() as client:
        ana, ben = (bearer(sign_in(client, name)) for name in ("ana", "ben"))
        codes = [client.get("/notes", headers=ana).status_code for _ in range(12)]
        assert codes == [200] * 10 + [429] * 2
        assert client.get("/notes", headers=ben).headers["RateLimit"].startswith('"caller";r=9;')
        assert "RateLimit" not in client.get("/notes").headers
