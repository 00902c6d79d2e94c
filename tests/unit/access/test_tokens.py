import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from tests.unit.access.clocks import Clock
from tests.unit.access.forging import hmac_signed, part, private_keys, read, signed

from antiphon import Application, Caller, Resource, Settings, Tokens
from antiphon.access.signed import LEEWAY, LONGEST, Signed
from antiphon.access.verifier import KEY, LONGEST_REMEMBERED, REMEMBERED, TOKEN
from antiphon.errors import NotSignedIn, SettingError


class Task(Resource):
    title: str


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(tmp_path: Path, clock: Clock) -> Tokens:
    return Tokens(tmp_path, issuer="https://us.example", audience="songs", clock=clock)


def refused(tokens: Tokens, token: str, *kinds: str) -> str:
    """Why a token is refused; it must not come back in what is said of it."""
    with pytest.raises(NotSignedIn) as caught:
        tokens.verify(token, kinds) if kinds else tokens.verify(token)
    said = f"{caught.value.detail} {caught.value.hint}"
    assert len(token) < 8 or token not in said
    assert all(piece not in said for piece in token.split(".") if len(piece) > 8)
    return caught.value.detail


def test_a_token_comes_back_as_the_caller_it_was_issued_for(tokens: Tokens, clock: Clock) -> None:
    token = tokens.issue("ana", roles={"editor", "listener"}, groups=["staff"], session="s1", seconds=60)
    expected = Caller(
        "ana", frozenset({"editor", "listener"}), frozenset({"staff"}), "s1", expires=clock.now + 60
    )
    assert tokens.verify(token) == expected
    assert tokens.verify(token) == expected
    assert tokens.verify(tokens.issue("ben")) == Caller("ben", expires=clock.now + 900)


def test_what_a_token_says(tokens: Tokens, clock: Clock) -> None:
    header, claims = (read(tokens.issue("ana", roles=["b", "a"], seconds=60), place) for place in (0, 1))
    [key] = private_keys(tokens)
    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": key.kid}
    jti = claims.pop("jti")
    assert len(jti) >= 16
    assert claims == {
        "iss": "https://us.example",
        "sub": "ana",
        "aud": "songs",
        "iat": clock.now,
        "exp": clock.now + 60,
        "roles": ["a", "b"],
    }
    assert read(tokens.issue("ana"), 1)["jti"] != jti


def test_a_token_ends(tokens: Tokens, clock: Clock) -> None:
    token = tokens.issue("ana", seconds=60)
    tokens.verify(token)
    clock.now += 59
    tokens.verify(token)
    clock.now += 1
    assert "expired 0 seconds ago" in refused(tokens, token)
    clock.now += 100
    assert "expired 100 seconds ago" in refused(tokens, token)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_begins(tokens: Tokens, clock: Clock, claim: str) -> None:
    token = tokens.issue("ana")
    [key] = private_keys(tokens)
    later = signed(key, read(token, 0), read(token, 1) | {claim: clock.now + 60})
    assert "yet" in refused(tokens, later) or "future" in refused(tokens, later)
    clock.now += 60 - LEEWAY
    assert tokens.verify(later).id == "ana"


def test_a_key_is_good_where_a_token_is_not(tokens: Tokens) -> None:
    token, key = tokens.issue("ana"), tokens.issue_key("sensor", session="k1", roles={"device"})
    assert tokens.verify(key) == Caller(
        "sensor", frozenset({"device"}), frozenset(), "k1", tokens.verify(key).expires
    )
    assert read(key, 0)["typ"] == "antiphon-key+jwt"
    assert tokens.verify(key, (KEY,)).session == "k1"
    assert tokens.verify(token, (TOKEN,)).id == "ana"
    assert "no place for a key" in refused(tokens, key, TOKEN)
    assert "no place for a token" in refused(tokens, token, KEY)


def test_who_has_the_same_folder_believes_the_same_tokens(tokens: Tokens, tmp_path: Path) -> None:
    token = tokens.issue("ana")
    clock = Clock()
    same = Tokens(tmp_path, issuer="https://us.example", audience="songs", clock=clock)
    assert same.verify(token).id == "ana"
    other = Tokens(tmp_path, issuer="https://us.example", audience="charts", clock=clock)
    assert "audience" in refused(other, token)
    elsewhere = Tokens(tmp_path, issuer="https://else.example", audience="songs", clock=clock)
    assert "another issuer" in refused(elsewhere, token)
    stranger = Tokens(tmp_path / "other", issuer="https://us.example", audience="songs", clock=clock)
    assert "key" in refused(stranger, token)


# Each forged one is as good as it can be made but for one thing.

FORGED: dict[str, Any] = {
    "no algorithm": lambda key, header, claims: f"{part(header | {'alg': 'none'})}.{part(claims)}.",
    "no algorithm, signed": lambda key, header, claims: signed(key, header | {"alg": "none"}, claims),
    "None": lambda key, header, claims: f"{part(header | {'alg': 'NonE'})}.{part(claims)}.{part(b'x')}",
    "algorithm left out": lambda key, header, claims: signed(
        key, {name: value for name, value in header.items() if name != "alg"}, claims
    ),
    "algorithm is a list": lambda key, header, claims: signed(key, header | {"alg": ["EdDSA"]}, claims),
    "HMAC of the public key": lambda key, header, claims: hmac_signed(
        base64.urlsafe_b64decode(key.as_dict()["x"] + "="), header | {"alg": "HS256"}, claims
    ),
    "HMAC of the public key's text": lambda key, header, claims: hmac_signed(
        key.as_dict()["x"].encode(), header | {"alg": "HS256"}, claims
    ),
    "HMAC of the public PEM": lambda key, header, claims: hmac_signed(
        key.as_pem(private=False), header | {"alg": "HS256"}, claims
    ),
    "HMAC that says EdDSA": lambda key, header, claims: hmac_signed(
        base64.urlsafe_b64decode(key.as_dict()["x"] + "="), header, claims
    ),
    "Ed25519 by its new name": lambda key, header, claims: signed(key, header | {"alg": "Ed25519"}, claims),
    "another key, same id": lambda key, header, claims: signed(
        OKPKey.generate_key("Ed25519"), header, claims
    ),
    "another key, its own id": lambda key, header, claims: forged_with_its_key(header, claims),
    "no key id": lambda key, header, claims: signed(key, header | {"kid": ""}, claims),
    "key id is a path": lambda key, header, claims: signed(key, header | {"kid": "../keys/x"}, claims),
    "key id is a number": lambda key, header, claims: signed(key, header | {"kid": 1}, claims),
    "another type": lambda key, header, claims: signed(key, header | {"typ": "JWT"}, claims),
    "type left out": lambda key, header, claims: signed(key, header | {"typ": None}, claims),
    "a refresh token": lambda key, header, claims: signed(key, header | {"typ": "refresh+jwt"}, claims),
    "critical extension": lambda key, header, claims: signed(key, header | {"crit": ["exp"]}, claims),
    "payload as it is": lambda key, header, claims: signed(
        key, header | {"b64": False, "crit": ["b64"]}, claims
    ),
    "another issuer": lambda key, header, claims: signed(key, header, claims | {"iss": "https://them"}),
    "issuer left out": lambda key, header, claims: signed(key, header, without(claims, "iss")),
    "issuers": lambda key, header, claims: signed(key, header, claims | {"iss": [claims["iss"]]}),
    "another audience": lambda key, header, claims: signed(key, header, claims | {"aud": "charts"}),
    "audience left out": lambda key, header, claims: signed(key, header, without(claims, "aud")),
    "part of the audience": lambda key, header, claims: signed(key, header, claims | {"aud": "song"}),
    "audiences of others": lambda key, header, claims: signed(key, header, claims | {"aud": ["a", "b"]}),
    "no end": lambda key, header, claims: signed(key, header, without(claims, "exp")),
    "end is null": lambda key, header, claims: signed(key, header, claims | {"exp": None}),
    "end is a text": lambda key, header, claims: signed(key, header, claims | {"exp": "9999999999"}),
    "end is true": lambda key, header, claims: signed(key, header, claims | {"exp": True}),
    "end is no number": lambda key, header, claims: signed(key, header, claims | {"exp": float("nan")}),
    "end is infinite": lambda key, header, claims: signed(key, header, claims | {"exp": float("inf")}),
    "end is past": lambda key, header, claims: signed(key, header, claims | {"exp": 1}),
    "beginning is a text": lambda key, header, claims: signed(key, header, claims | {"nbf": "1"}),
    "nobody": lambda key, header, claims: signed(key, header, without(claims, "sub")),
    "an empty name": lambda key, header, claims: signed(key, header, claims | {"sub": ""}),
    "a number": lambda key, header, claims: signed(key, header, claims | {"sub": 7}),
    "a long name": lambda key, header, claims: signed(key, header, claims | {"sub": "a" * 256}),
    "claims are a list": lambda key, header, claims: signed(key, header, [claims]),
    "claims are no JSON": lambda key, header, claims: signed(key, header, b"{'sub': 'ana'}"),
    "claims are deep": lambda key, header, claims: signed(key, header, b"[" * 5000),
    "claims are not UTF-8": lambda key, header, claims: signed(key, header, b'{"sub": "\xff"}'),
    "the header is a list": lambda key, header, claims: signed(key, ["alg", "EdDSA"], claims),
    "the header is a number": lambda key, header, claims: f"{part(1)}.{part(claims)}.{part(b'x')}",
    "the header is deep": lambda key, header, claims: f"{part(b'[' * 3000)}.{part(claims)}.{part(b'x')}",
    "the header is long": lambda key, header, claims: signed(key, header | {"x": "y" * 4000}, claims),
    "no signature": lambda key, header, claims: f"{part(header)}.{part(claims)}.",
    "a short signature": lambda key, header, claims: f"{part(header)}.{part(claims)}.{part(b'x' * 63)}",
    "a signature of zeros": lambda key, header, claims: f"{part(header)}.{part(claims)}.{part(bytes(64))}",
    "JSON form": lambda key, header, claims: json.dumps(
        {"protected": part(header), "payload": part(claims), "signature": "x"}
    ),
}


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in claims.items() if each != name}


def forged_with_its_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token that brings along the key it is to be checked with (RFC 7515, 4.1.3)."""
    key = OKPKey.generate_key("Ed25519")
    return signed(key, header | {"kid": key.thumbprint(), "jwk": key.as_dict()}, claims)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(tokens: Tokens, name: str) -> None:
    token = tokens.issue("ana", seconds=900)
    [key] = private_keys(tokens)
    header, claims = read(token, 0), read(token, 1)
    assert tokens.verify(signed(key, header, claims)).id == "ana"  # what is not forged passes
    refused(tokens, FORGED[name](key, header, claims))


def test_several_audiences_may_be_named(tokens: Tokens) -> None:
    token = tokens.issue("ana")
    [key] = private_keys(tokens)
    assert tokens.verify(signed(key, read(token, 0), read(token, 1) | {"aud": ["x", "songs"]})).id == "ana"


def test_any_other_character_makes_it_another_token(tokens: Tokens) -> None:
    token = tokens.issue("ana", roles={"listener"})
    for place, letter in enumerate(token):
        for other in ("A", "B", "-", "_", "=", "."):
            if other != letter:
                refused(tokens, token[:place] + other + token[place + 1 :])
    for changed in (token[:-1], token + "A", token + "=", " " + token, token + "\n", token + "." + token):
        refused(tokens, changed)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_garbage_is_refused(garbage: str) -> None:
    with pytest.raises(NotSignedIn):
        Signed(garbage).check_claims("us", "us", 0)


@given(st.lists(st.binary(max_size=60), min_size=3, max_size=3))
def test_garbage_in_the_right_shape_is_refused(pieces: list[bytes]) -> None:
    with pytest.raises(NotSignedIn):
        Signed(".".join(map(part, pieces))).check_claims("us", "us", 0)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_claims_of_any_shape_are_refused(value: Any) -> None:
    claims = {"iss": "us", "aud": value, "exp": value, "sub": value}
    with pytest.raises(NotSignedIn):
        Signed(f"{part({'alg': 'EdDSA'})}.{part(claims)}.AAAA").check_claims("us", "them", 0)


def test_a_huge_token_is_refused_at_once(tokens: Tokens) -> None:
    began = time.perf_counter()
    assert f"{LONGEST:,}" in refused(tokens, "a" * 10_000_000)
    assert time.perf_counter() - began < 0.1


def test_what_is_remembered_is_bounded(tokens: Tokens, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon.access.verifier.REMEMBERED", 10)
    assert REMEMBERED > 10
    first, *others = [tokens.issue(f"user-{place}") for place in range(20)]
    for token in (first, *others[:9], first, *others[9:]):
        tokens.verify(token)
    assert len(tokens._known) == 10
    long = tokens.issue("ana", groups=[f"group-{place}" for place in range(500)])
    assert len(long) > LONGEST_REMEMBERED
    assert len(tokens.verify(long).groups) == 500
    assert long not in tokens._known
    clock.now += 10_000
    refused(tokens, others[-1])
    assert others[-1] not in tokens._known


def test_what_was_refused_is_not_remembered(tokens: Tokens) -> None:
    token = tokens.issue("ana")
    refused(tokens, token[:-4] + "AAAA")
    assert not tokens._known


def test_a_caller_has_a_name(tokens: Tokens) -> None:
    for id in ("", "a" * 256):
        with pytest.raises(ValueError, match="1 to 255"):
            tokens.issue(id)


def test_without_a_folder_the_keys_are_in_the_applications(tmp_path: Path) -> None:
    tokens = Tokens(issuer="us")
    app = Application(Task, identify=tokens, settings=Settings(data=str(tmp_path)))
    with pytest.raises(SettingError, match="no folder"):
        tokens.issue("ana")
    tokens.settle(app.current_settings().data)
    tokens.settle(tmp_path / "elsewhere")
    assert tokens.verify(tokens.issue("ana")).id == "ana"
    assert tokens.keys.folder == tmp_path / "keys"
