"""Verifiers: from a token of one issuer to the caller it stands for."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from joserfc.jwk import Key

from antiphon.access.caller import Caller
from antiphon.access.signed import Algorithms, Signed
from antiphon.errors import NotSignedIn

TOKEN, KEY = "token", "key"
"""The kinds of token: one that a sign-in gives, for minutes; one for a program or device, for long."""
BOTH = (TOKEN, KEY)
KEY_TYPE = "antiphon-key+jwt"
REMEMBERED = 8192
LONGEST_REMEMBERED = 2048
LONGEST_ID = 255


class Verifier:
    """Checks the tokens of one issuer. What was found good is remembered until it expires, within bounds."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        algorithms: Collection[str],
        types: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self._algorithms = Algorithms(algorithms)
        self._types = types
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, Caller]] = OrderedDict()
        self._guard = threading.Lock()

    def verify(self, text: str, kinds: Collection[str] = BOTH) -> Caller:
        """The caller that a token stands for, if it is of one of `kinds`.

        Raises:
            NotSignedIn: it stands for nobody; says why, and never what it holds.
            Unavailable: the keys it may be signed with are not known yet.
        """
        now = self._clock()
        kind, caller = self._recall(text, now) or self._check(text, now)
        if kind not in kinds:
            raise NotSignedIn(f"This is no place for a {kind}.", _PLACES[kind])
        return caller

    def _key(self, id: str, algorithm: str) -> Key:
        """The key with this id; raises as `verify` does."""
        raise NotImplementedError

    def _caller(self, claims: Mapping[str, Any], expires: float) -> Caller:
        raise NotImplementedError

    def _forget(self) -> None:
        """Check each token anew from now on."""
        with self._guard:
            self._known.clear()

    def _check(self, text: str, now: float) -> tuple[str, Caller]:
        signed = Signed(text)
        kind = self._types.get(signed.type)
        if kind is None:
            raise NotSignedIn("The token is of another type.", "Send an access token or an API key.")
        if signed.algorithm not in self._algorithms.names:
            allowed = ", ".join(sorted(self._algorithms.names))
            raise NotSignedIn("The token is signed with another algorithm.", f"Sign it with {allowed}.")
        signed.check(self._key(signed.key_id, signed.algorithm), self._algorithms)
        expires = signed.check_claims(self.issuer, self.audience, now)
        caller = self._caller(signed.claims, expires)
        if len(text) <= LONGEST_REMEMBERED:
            with self._guard:
                self._known[text] = kind, caller
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return kind, caller

    def _recall(self, text: str, now: float) -> tuple[str, Caller] | None:
        with self._guard:
            found = self._known.get(text)
            if found is None:
                return None
            expires = found[1].expires
            if expires is None or expires <= now:
                del self._known[text]
                return None
            self._known.move_to_end(text)
            return found


def subject_of(claims: Mapping[str, Any]) -> str:
    """Whom a token stands for; raises `NotSignedIn` if it does not say."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_ID:
        raise NotSignedIn("The token does not say whom it stands for.", "Ask for one that does, in sub.")
    return subject


def names_in(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The names in a claim: a list of them, or a text with spaces between; `a.b` is b within a."""
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        value = value.split()
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else NONE


NONE: frozenset[str] = frozenset()
_PLACES = {
    TOKEN: "Send an access token as Authorization: Bearer.",
    KEY: "Send an API key as X-API-Key, or as Authorization: Bearer.",
}
