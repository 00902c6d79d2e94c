from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.access.forging import part

from antiphon import Callers, Issuer, Tokens
from antiphon.access import ANYONE
from antiphon.errors import DeclarationError, Forbidden, InvalidHeader, NotSignedIn
from antiphon.server.callers import callers_of, challenge


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path, issuer="us")


def asking(*headers: tuple[str, str], method: str = "GET", scheme: str = "http") -> dict[str, Any]:
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": "http", "method": method, "scheme": scheme, "path": "/", "headers": pairs}


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def test_a_request_that_does_not_say_is_anyones(tokens: Tokens) -> None:
    assert Callers(tokens)(asking()) is ANYONE
    assert Callers(tokens)(asking(("Cookie", "theme=dark"), ("Host", "x"))) is ANYONE
    assert Callers()(asking()) is ANYONE


def test_three_places_say_who_asks(tokens: Tokens) -> None:
    callers = Callers(tokens)
    token, key = tokens.issue("ana", session="s1"), tokens.issue_key("sensor", session="k1")
    for header in (bearer(token), ("Authorization", f"bearer  {token}"), ("Cookie", f"antiphon={token}")):
        assert callers(asking(header)).id == "ana"
    for header in (bearer(key), ("X-API-Key", key), ("X-API-Key", f" {key} ")):
        assert callers(asking(header)).session == "k1"
    assert callers(asking(("Cookie", f"__Host-antiphon={token}"), scheme="https")).id == "ana"


def test_each_kind_has_its_place(tokens: Tokens) -> None:
    callers = Callers(tokens)
    with pytest.raises(NotSignedIn, match="no place for a token"):
        callers(asking(("X-API-Key", tokens.issue("ana"))))
    with pytest.raises(NotSignedIn, match="no place for a key"):
        callers(asking(("Cookie", f"antiphon={tokens.issue_key('ana', session='k')}")))


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer a b", "Bearer é", "\xff\xfe"]
)
def test_another_way_to_authorize_is_refused(tokens: Tokens, value: str) -> None:
    with pytest.raises(NotSignedIn):
        Callers(tokens)(asking(("Authorization", value)))


@pytest.mark.parametrize("places", [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (0, 1, 2)])
def test_who_is_meant_is_not_guessed(tokens: Tokens, places: tuple[int, ...]) -> None:
    token = tokens.issue("ana")
    ways = (
        bearer(token),
        ("X-API-Key", tokens.issue_key("ana", session="k")),
        ("Cookie", f"antiphon={token}"),
    )
    with pytest.raises(InvalidHeader, match=f"{len(places)} times"):
        Callers(tokens)(asking(*(ways[place] for place in places)))


def test_a_cookie_does_not_speak_for_what_another_site_asks(tokens: Tokens) -> None:
    callers = Callers(tokens)
    cookie = ("Cookie", f"antiphon={tokens.issue('ana')}")
    host = ("Host", "music.example")
    with pytest.raises(Forbidden):
        callers(asking(cookie, host, ("Origin", "https://evil.example"), method="POST"))
    assert callers(asking(cookie, host, ("Origin", "https://music.example"), method="POST")).id == "ana"
    assert callers(asking(bearer(tokens.issue("ana")), host, method="POST")).id == "ana"


def test_a_cookie_that_was_tampered_with_is_refused(tokens: Tokens) -> None:
    token = tokens.issue("ana")
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(NotSignedIn):
            Callers(tokens)(asking(("Cookie", f"antiphon={changed}")))


def test_a_refusal_says_how_to_do_better(tokens: Tokens) -> None:
    refused = NotSignedIn("no")
    challenge(refused, asking(("Cookie", "antiphon=bad")))
    assert refused.headers == {
        "WWW-Authenticate": 'Bearer error="invalid_token"',
        "Set-Cookie": "antiphon=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    }
    plain = NotSignedIn("no")
    challenge(plain, asking(bearer("bad"), ("Cookie", "theme=dark")))
    assert "Set-Cookie" not in plain.headers


@given(
    st.lists(
        st.tuples(st.sampled_from(["authorization", "x-api-key", "cookie"]), st.binary(max_size=100)),
        max_size=3,
    )
)
def test_whatever_is_sent_is_answered(pairs: list[tuple[str, bytes]]) -> None:
    scope = asking() | {"headers": [(name.encode(), value) for name, value in pairs]}
    issuer = Issuer("them", "https://them.example/keys", "us")
    with suppress(InvalidHeader, NotSignedIn):
        assert Callers(issuer)(scope) is ANYONE


def test_each_issuers_tokens_are_its_own(tokens: Tokens, tmp_path: Path) -> None:
    other = Tokens(tmp_path / "other", issuer="other")
    theirs = Issuer("other", "https://other.example/keys", "other", prefix="other:")
    theirs.learn(other.keys.jwks())
    callers = Callers(tokens, theirs)
    assert callers(asking(bearer(tokens.issue("ana")))).id == "ana"
    assert callers(asking(bearer(other.issue("ana")))).id == "other:ana"
    stranger = Tokens(tmp_path / "stranger", issuer="stranger")
    with pytest.raises(NotSignedIn, match="unknown issuer"):
        callers(asking(bearer(stranger.issue("ana"))))
    posing = Tokens(tmp_path / "stranger", issuer="other")
    with pytest.raises(NotSignedIn, match="does not show"):
        callers(asking(bearer(posing.issue("ana"))))
    with pytest.raises(NotSignedIn):
        callers(asking(bearer(f"{part({})}.{part({'iss': ['us']})}.x")))
    assert callers.tokens is tokens
    assert callers.issuers == (theirs,)


def issuer(name: str, prefix: str) -> Issuer:
    return Issuer(name, "https://keys.example", "us", prefix=prefix)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a", ""), ("b", "")),
        (("a", "x:"), ("b", "x:")),
        (("a", "x:"), ("b", "x:y:")),
        (("a", "x"), ("a", "y")),
    ],
)
def test_issuers_cannot_mean_each_others_callers(first: tuple[str, str], second: tuple[str, str]) -> None:
    for pair in ((first, second), (second, first)):
        with pytest.raises(DeclarationError, match="each other's"):
            Callers(*(issuer(*each) for each in pair))


def test_an_issuer_elsewhere_cannot_mean_our_callers(tokens: Tokens) -> None:
    with pytest.raises(DeclarationError, match="each other's"):
        Callers(tokens, issuer("a", ""))
    Callers(tokens, issuer("a", "a:"), issuer("b", "b:"))


def test_one_issuer_alone_will_do(tokens: Tokens) -> None:
    made = callers_of(tokens)
    assert isinstance(made, Callers)
    assert made(asking(bearer(tokens.issue("ana")))).id == "ana"
    assert callers_of(made) is made
    assert callers_of(None) is None
