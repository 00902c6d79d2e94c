import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from tests.unit.access.clocks import Clock
from tests.unit.access.forging import hmac_signed, part, signed

from antiphon import Caller, Issuer
from antiphon.access.signed import ASYMMETRIC, Algorithms
from antiphon.errors import DeclarationError, NotSignedIn, Unavailable

CLOCK = Clock()
NAME = "https://accounts.example"
ISSUED = {"iss": NAME, "aud": "songs", "sub": "42", "exp": CLOCK.now + 600, "iat": CLOCK.now}
RSA = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "e1"})
ED = OKPKey.generate_key("Ed25519", {"kid": "d1"})
KEYS: dict[str, Key] = {"RS256": RSA, "ES256": EC, "EdDSA": ED}


def key_set(*keys: Any) -> bytes:
    return json.dumps({"keys": [key if isinstance(key, dict) else key.as_dict() for key in keys]}).encode()


def issuer(**options: Any) -> Issuer:
    made = Issuer(NAME, "https://accounts.example/keys", "songs", clock=CLOCK, **options)
    made.learn(key_set(RSA, EC, ED))
    return made


def token(algorithm: str = "RS256", claims: dict[str, Any] | None = None, **header: Any) -> str:
    key = KEYS[algorithm]
    every = Algorithms(ASYMMETRIC)
    return jwt.encode(
        {"alg": algorithm, "kid": key.kid, **header}, ISSUED | (claims or {}), key, registry=every
    )


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_of_another_issuer_is_believed(algorithm: str) -> None:
    caller = issuer().verify(token(algorithm, {"roles": ["editor"], "sid": "s9", "groups": "a b"}))
    assert caller == Caller("42", frozenset({"editor"}), frozenset({"a", "b"}), "s9", CLOCK.now + 600)
    assert issuer(prefix="them:").verify(token(algorithm, {"jti": "j1"})) == Caller(
        "them:42", session="j1", expires=CLOCK.now + 600
    )


@pytest.mark.parametrize("type", ["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"])
def test_types_that_are_tokens(type: str) -> None:
    assert issuer().verify(token(typ=type)).id == "42"


@pytest.mark.parametrize("type", ["logout+jwt", "secevent+jwt", "dpop+jwt", "JOSE"])
def test_types_that_are_none(type: str) -> None:
    with pytest.raises(NotSignedIn, match="another type"):
        issuer().verify(token(typ=type))


@pytest.mark.parametrize(
    ("claim", "claims", "roles"),
    [
        ("roles", {"roles": ["a", "b"]}, {"a", "b"}),
        ("scope", {"scope": "a b"}, {"a", "b"}),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}),
        ("https://x.example/roles", {"https://x.example/roles": ["a"]}, {"a"}),
        ("roles", {"roles": ["a", 1, None, ["b"]]}, {"a"}),
        ("roles", {"roles": {"a": True}}, set()),
        ("roles", {"roles": 7}, set()),
        ("a.b.c", {"a": {"b": "c"}}, set()),
        ("roles", {}, set()),
        (None, {"roles": ["editor"]}, set()),
    ],
)
def test_where_roles_are(claim: str | None, claims: dict[str, Any], roles: set[str]) -> None:
    assert issuer(roles_claim=claim).verify(token(claims=claims)).roles == roles


FORGED: dict[str, Callable[[], str]] = {
    "none": lambda: f"{part({'alg': 'none', 'kid': 'r1'})}.{part(ISSUED)}.{part(b'x')}",
    "HMAC of the RSA key's PEM": lambda: hmac_signed(
        RSA.as_pem(private=False), {"alg": "HS256", "kid": "r1"}, ISSUED
    ),
    "HMAC that says RS256": lambda: hmac_signed(
        RSA.as_pem(private=False), {"alg": "RS256", "kid": "r1"}, ISSUED
    ),
    "key of another algorithm": lambda: signed(ED, {"alg": "EdDSA", "kid": "r1"}, ISSUED),
    "algorithm of another key": lambda: signed(ED, {"alg": "RS256", "kid": "d1"}, ISSUED),
    "an algorithm not asked for": lambda: token(alg="RS512"),
    "another key, same id": lambda: signed(
        OKPKey.generate_key("Ed25519"), {"alg": "EdDSA", "kid": "d1"}, ISSUED
    ),
    "another issuer": lambda: token(claims={"iss": "https://else.example"}),
    "another audience": lambda: token(claims={"aud": ["their-app"]}),
    "expired": lambda: token(claims={"exp": CLOCK.now}),
    "not yet": lambda: token(claims={"nbf": CLOCK.now + 60}),
    "nobody": lambda: token(claims={"sub": None}),
    "tampered": lambda: token()[:-20] + "A" * 20,
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str) -> None:
    with pytest.raises(NotSignedIn):
        issuer().verify(FORGED[name]())


def test_the_keys_must_be_known_first() -> None:
    unknown = Issuer(NAME, "https://accounts.example/keys", "songs", clock=CLOCK)
    with pytest.raises(Unavailable, match="being fetched") as caught:
        unknown.verify(token())
    assert caught.value.headers == {"Retry-After": "1"}


def test_an_unknown_key_is_asked_for() -> None:
    asked: list[bool] = []

    def ask() -> bool:
        asked.append(True)
        return True

    one = issuer()
    one.learn(key_set(ED))
    with pytest.raises(NotSignedIn, match="does not show"):
        one.verify(token())
    one.ask = ask
    with pytest.raises(Unavailable):
        one.verify(token())
    assert asked
    one.learn(key_set(RSA))
    assert one.verify(token()).id == "42"


def test_a_key_that_is_gone_takes_its_tokens_along() -> None:
    one = issuer()
    theirs = token("EdDSA")
    assert one.verify(theirs).id == "42"
    one.learn(key_set(RSA, EC, ED, OKPKey.generate_key("Ed25519", {"kid": "d2"})))
    assert theirs in one._known
    one.learn(key_set(RSA, OKPKey.generate_key("Ed25519", {"kid": "d1"})))
    with pytest.raises(NotSignedIn, match="signature"):
        one.verify(theirs)
    one.learn(key_set(RSA))
    with pytest.raises(NotSignedIn, match="does not show"):
        one.verify(theirs)


def test_a_token_without_key_id_needs_a_key_that_is_alone() -> None:
    one = issuer()
    assert one.verify(token("EdDSA", kid="")).id == "42"
    one.learn(key_set(ED, OKPKey.generate_key("Ed25519", {"kid": "d2"})))
    with pytest.raises(NotSignedIn, match="does not show"):
        one.verify(token("EdDSA", {"jti": "2"}, kid=""))


@pytest.mark.parametrize(
    "useless",
    [
        OctKey.import_key("secret-secret-secret-secret", {"kid": "r1"}).as_dict(private=True),
        RSA.as_dict() | {"use": "enc"},
        RSA.as_dict() | {"key_ops": ["encrypt"]},
        RSA.as_dict() | {"alg": "RS512"},
        RSA.as_dict() | {"alg": "RSA-OAEP"},
        RSA.as_dict() | {"n": "!"},
        RSA.as_dict() | {"kty": "new"},
        {"kid": "r1"},
        {"kid": "r1", "kty": "RSA"},
        {"kid": 1, "kty": "OKP", "crv": "X25519", "x": ED.as_dict()["x"]},
        {"kid": "r1", "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        "text",
        None,
    ],
)
def test_a_key_that_is_of_no_use_is_left_out(useless: Any) -> None:
    one = issuer()
    one.learn(json.dumps({"keys": [useless, ED.as_dict()]}).encode())
    with pytest.raises(NotSignedIn):
        one.verify(token("RS256"))
    assert one.verify(token("EdDSA")).id == "42"


def test_a_weak_key_is_left_out() -> None:
    with pytest.warns(Warning, match="2048"):
        weak = RSAKey.generate_key(1024, {"kid": "r1"})
    one = issuer()
    one.learn(key_set(weak))
    with pytest.raises(NotSignedIn, match="does not show"):
        one.verify(token())


def test_a_private_key_shown_by_mistake_is_read_as_public() -> None:
    one = issuer()
    one.learn(json.dumps({"keys": [RSA.as_dict(private=True)]}).encode())
    assert one.verify(token()).id == "42"


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b"\xff", b"[" * 9000])
def test_what_is_no_key_set_changes_nothing(text: bytes) -> None:
    one = issuer()
    with pytest.raises((ValueError, RecursionError)):
        one.learn(text)
    assert one.verify(token()).id == "42"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "None", "RSA-OAEP", ""])
def test_a_symmetric_algorithm_cannot_be_declared(algorithm: str) -> None:
    with pytest.raises(DeclarationError, match="cannot be signed"):
        issuer(algorithms=("RS256", algorithm))


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://accounts.example/keys", True),
        ("http://127.0.0.1:9000/keys", True),
        ("http://[::1]/keys", True),
        ("http://localhost/keys", True),
        ("http://accounts.example/keys", False),
        ("http://127.0.0.1.evil.example/keys", False),
        ("http://localhost@evil.example/keys", False),
        ("file:///etc/passwd", False),
        ("keys", False),
    ],
)
def test_keys_come_by_a_way_nobody_else_writes_to(url: str, good: bool) -> None:
    if good:
        Issuer(NAME, url, "songs")
    else:
        with pytest.raises(DeclarationError, match="others could change"):
            Issuer(NAME, url, "songs")
