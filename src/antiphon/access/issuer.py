"""Issuers: others whose tokens are believed, such as an OpenID Connect provider."""

import time
from collections.abc import Callable, Collection, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from joserfc.util import base64_to_int

from antiphon.access.caller import Caller
from antiphon.access.signed import ASYMMETRIC, Algorithms
from antiphon.access.verifier import KEY, KEY_TYPE, NONE, TOKEN, Verifier, names_in, subject_of
from antiphon.errors import DeclarationError, NotSignedIn, Unavailable, nearest

MOST_KEYS = 100
LEAST_RSA_BITS = 2048


class Issuer(Verifier):
    """An issuer of tokens elsewhere: its name (`iss`), where its keys are, and what its tokens say of us.

    `audience` is what it calls this service. `algorithms` are those it may sign with. `roles_claim` and
    `groups_claim` say where in a token the caller's roles and groups are (`realm_access.roles`: roles
    within realm_access; None: nowhere). `prefix` goes before its subjects, so that two issuers cannot mean
    each other's people. The keys are fetched at the application's start, and then every few minutes.

        google = Issuer("https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs", "my-app")

    Raises:
        DeclarationError: an algorithm is symmetric or unknown, or the keys' address is neither HTTPS nor
            on this machine.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str,
        audience: str,
        *,
        algorithms: Collection[str] = ("RS256", "ES256", "EdDSA"),
        roles_claim: str | None = "roles",
        groups_claim: str | None = "groups",
        prefix: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        for name in algorithms:
            if name not in ASYMMETRIC:
                raise DeclarationError(
                    f"Tokens of {issuer} cannot be signed with {name!r}.", nearest(name, ASYMMETRIC)
                )
        address = urlsplit(jwks_url)
        if address.scheme != "https" and not (address.scheme == "http" and _here(address.hostname or "")):
            raise DeclarationError(
                f"The keys of {issuer} are at {jwks_url!r}, where others could change them.",
                "Fetch them by https://, or from this machine.",
            )
        types = {"": TOKEN, "jwt": TOKEN, "at+jwt": TOKEN, KEY_TYPE: KEY}
        super().__init__(issuer, audience, algorithms, types, clock)
        self.jwks_url = jwks_url
        self.prefix = prefix
        self.ask: Callable[[], bool] = lambda: False
        """Ask for the keys to be fetched again; whether they will be, within a moment."""
        self._roles_claim = roles_claim
        self._groups_claim = groups_claim
        self._keys: dict[str, Key] | None = None

    def learn(self, document: bytes) -> None:
        """Take the keys in a JSON Web Key Set (RFC 7517, 5), and forget those it does not have.

        Of no use are: keys for encryption, symmetric ones, RSA keys below 2,048 bits, what is not understood.

        Raises:
            ValueError: it is no key set.
        """
        try:
            found = msgspec.json.decode(document)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        listed = found.get("keys") if isinstance(found, dict) else None
        if not isinstance(listed, list):
            raise ValueError("it is not a JSON Web Key Set")
        keys = {}
        for place, each in enumerate(listed[:MOST_KEYS]):
            key = _usable(each, self._algorithms)
            if key is not None:
                keys[key.kid or f" {place}"] = key
        if self._keys is not None and any(_differs(key, keys.get(id)) for id, key in self._keys.items()):
            self._forget()
        self._keys = keys

    def _key(self, id: str, algorithm: str) -> Key:
        keys = self._keys
        if keys is not None:
            if id in keys:
                return keys[id]
            if not id:  # which of several was meant, a token must say
                fitting = [key for key in keys.values() if _fits(key, algorithm, self._algorithms)]
                if len(fitting) == 1:
                    return fitting[0]
        if self.ask() or keys is None:
            raise Unavailable(
                f"The keys of {self.issuer} are being fetched.", "Try again.", headers={"Retry-After": "1"}
            )
        raise NotSignedIn(
            f"The token is signed with a key that {self.issuer} does not show.", "Sign in again."
        )

    def _caller(self, claims: Mapping[str, Any], expires: float) -> Caller:
        session = claims.get("sid", claims.get("jti"))
        return Caller(
            self.prefix + subject_of(claims),
            NONE if self._roles_claim is None else names_in(claims, self._roles_claim),
            NONE if self._groups_claim is None else names_in(claims, self._groups_claim),
            session if isinstance(session, str) else None,
            expires,
        )


def _usable(value: Any, algorithms: Algorithms) -> Key | None:
    """The key in one member of a set, if tokens may be signed with it."""
    if not isinstance(value, dict) or value.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    public = {name: each for name, each in value.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}
    try:
        if public["kty"] == "RSA" and base64_to_int(public["n"]).bit_length() < LEAST_RSA_BITS:
            return None
        key = import_key(public)
        key.check_use("sig")
        key.check_key_op("verify")
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if any(_fits(key, name, algorithms) for name in algorithms.names) else None


def _fits(key: Key, algorithm: str, algorithms: Algorithms) -> bool:
    try:
        algorithms.get_alg(algorithm).check_key(key)
    except JoseError:
        return False
    return True


def _differs(key: Key, other: Key | None) -> bool:
    return other is None or key.thumbprint() != other.thumbprint()


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
