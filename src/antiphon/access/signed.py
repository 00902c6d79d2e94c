"""Signed texts: JSON Web Tokens in their compact form (RFC 7515, RFC 7519)."""

import math
import re
from collections.abc import Collection
from typing import Any

import msgspec
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact

from antiphon.errors import NotSignedIn

LONGEST = 16_384
"""Characters a token may have."""
LEEWAY = 10.0
"""Seconds by which the clock of who issues a token may be ahead of ours."""
ASYMMETRIC = (
    "EdDSA", "Ed25519", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
)  # fmt: skip
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Algorithms(JWSRegistry):
    """The algorithms that a token may be signed with. What its header says is held to them."""

    max_header_length = 4096

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(algorithms=tuple(names), strict_check_header=False)
        self.names = frozenset(names)

    def get_alg(self, name: str) -> Any:
        # not as inherited: that warns of EdDSA, to which RFC 9864 gives a name that few verifiers know
        if name not in self.names:
            raise UnsupportedAlgorithmError(f"The algorithm {name!r} is not allowed.")
        return self.algorithms[name]


class Signed:
    """A token as it was sent; nothing in it is known to be true until `check` has passed."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise NotSignedIn(f"The token is longer than {LONGEST:,} characters.", "Ask for less in it.")
        if not _SHAPE.fullmatch(text):
            raise _unreadable("it is not three parts of base64url")
        try:
            self._parts: CompactSignature = extract_compact(text.encode(), registry=_EVERY)
            header: Any = self._parts.headers()
            claims: Any = msgspec.json.decode(self._parts.payload)
        except (JoseError, ValueError, RecursionError):
            raise _unreadable("its parts are not JSON in base64url") from None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise _unreadable("its parts are not JSON objects")
        if "crit" in header or "b64" in header:
            raise _unreadable("its header asks for an extension")
        self.claims: dict[str, Any] = claims
        self.algorithm = _text(header.get("alg"))
        self.key_id = _text(header.get("kid"))
        self.type = _text(header.get("typ")).lower().removeprefix("application/")

    def check(self, key: Key, algorithms: Algorithms) -> None:
        """Raise `NotSignedIn` unless `key` signed it, with one of `algorithms`."""
        try:
            good = validate_compact(self._parts, key, registry=algorithms)
        except (JoseError, ValueError, TypeError):
            good = False
        if not good:
            raise NotSignedIn("The token's signature is not good.", "Sign in again.")

    def check_claims(self, issuer: str, audience: str, now: float) -> float:
        """Whose it is, for whom and when; returns when it expires (Unix time, seconds).

        Raises:
            NotSignedIn: it is of another issuer or for another audience, expired, or not yet valid.
        """
        claims = self.claims
        if claims.get("iss") != issuer:
            raise NotSignedIn("The token is of another issuer.", f"Sign in with {issuer}.")
        named = claims.get("aud")
        if audience not in (named if isinstance(named, list) else [named]):
            raise NotSignedIn("The token is for another audience.", f"Ask for one for {audience}.")
        expires = _time(claims, "exp")
        if expires is None:
            raise NotSignedIn("The token does not say when it expires.", "Ask for one that does.")
        if expires <= now:
            raise NotSignedIn(
                f"The token expired {now - expires:.0f} seconds ago.", "Refresh it, or sign in again."
            )
        for name, what in (("nbf", "not valid yet"), ("iat", "issued in the future")):
            begins = _time(claims, name)
            if begins is not None and begins > now + LEEWAY:
                raise NotSignedIn(f"The token is {what}.", "Set the clocks of both sides right.")
        return expires


def issuer_of(text: str) -> str:
    """The issuer that a token names, unchecked; raises `NotSignedIn`."""
    return _text(Signed(text).claims.get("iss"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotSignedIn(f"The token's {name} is no time.", "Ask for another.")
    return float(value)


def _unreadable(reason: str) -> NotSignedIn:
    return NotSignedIn(f"The token cannot be read: {reason}.", "Send the token as it was given to you.")


_EVERY = Algorithms(ASYMMETRIC)
