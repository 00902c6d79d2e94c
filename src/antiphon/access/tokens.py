"""Tokens: what a service signs for those who sign in with it, and believes when it comes back."""

import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key

from antiphon.access.caller import Caller
from antiphon.access.keys import ALGORITHM, Keys
from antiphon.access.signed import Algorithms
from antiphon.access.verifier import (
    BOTH,
    KEY,
    KEY_TYPE,
    LONGEST_ID,
    TOKEN,
    Verifier,
    names_in,
    subject_of,
)
from antiphon.errors import NotSignedIn, SettingError

TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type (RFC 9068, 2.1)
_SIGNING = Algorithms((ALGORITHM,))


class Tokens(Verifier):
    """Access tokens (RFC 9068) and API keys, signed with Ed25519 by the keys in `FOLDER/keys`.

    `issuer` names who signs, by URL or otherwise, and `audience` for whom; by default the issuer itself.
    Services that are given the same folder, issuer and audience believe each other's tokens. Without a
    folder the keys are in the application's data folder, from its start on.

        app = Application(Task, identify=Tokens(issuer="https://tasks.example"))
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        issuer: str,
        audience: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        types = {TOKEN_TYPE: TOKEN, KEY_TYPE: KEY}
        super().__init__(issuer, audience or issuer, (ALGORITHM,), types, clock)
        self._keys = None if folder is None else Keys(folder, clock=clock)
        self._generation = 0

    @property
    def keys(self) -> Keys:
        """The keys; `keys.rotate()` makes the next one sign. Raises `SettingError` before the start."""
        if self._keys is None:
            raise SettingError(
                "The tokens have no folder for their keys yet.",
                "Start the application, or name one: Tokens('data', issuer=…).",
            )
        return self._keys

    def settle(self, folder: str | Path) -> None:
        """Keep the keys in `folder`, unless one was given before; and see that they can be used.

        Raises:
            StoreError: they cannot.
        """
        if self._keys is None:
            self._keys = Keys(folder, clock=self._clock)
        self._keys.look()

    def issue(
        self,
        caller_id: str,
        *,
        roles: Iterable[str] = (),
        groups: Iterable[str] = (),
        session: str | None = None,
        seconds: float = 900,
    ) -> str:
        """An access token for a caller, good for `seconds`. Ending `session` ends it too."""
        return self._signed(TOKEN_TYPE, caller_id, roles, groups, session, seconds)

    def issue_key(
        self,
        caller_id: str,
        *,
        session: str,
        roles: Iterable[str] = (),
        groups: Iterable[str] = (),
        seconds: float = 365 * 86_400,
    ) -> str:
        """An API key for a program or device, good for `seconds`; `session` is its id, to end it by."""
        return self._signed(KEY_TYPE, caller_id, roles, groups, session, seconds)

    def verify(self, text: str, kinds: Collection[str] = BOTH) -> Caller:
        """See `Verifier`; a key that was removed takes its tokens along."""
        keys = self.keys
        keys.look()
        if keys.generation != self._generation:
            self._generation = keys.generation
            self._forget()
        return super().verify(text, kinds)

    def _signed(
        self,
        type: str,
        caller_id: str,
        roles: Iterable[str],
        groups: Iterable[str],
        session: str | None,
        seconds: float,
    ) -> str:
        if not 1 <= len(caller_id) <= LONGEST_ID:
            raise ValueError(f"A caller's id has 1 to {LONGEST_ID} characters, not {len(caller_id)}.")
        now = int(self._clock())
        expires = now + max(1, round(seconds))
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": caller_id,
            "aud": self.audience,
            "iat": now,
            "exp": expires,
            "jti": secrets.token_urlsafe(12),
        }
        if session is not None:
            claims["sid"] = session
        claims |= {
            name: sorted(set(names)) for name, names in (("roles", roles), ("groups", groups)) if names
        }
        kid, key = self.keys.signing(expires)
        header = {"alg": ALGORITHM, "typ": type, "kid": kid}
        return jwt.encode(header, claims, key, registry=_SIGNING, default_type=None)

    def _key(self, id: str, algorithm: str) -> Key:
        found = self.keys.find(id)
        if found is None:
            raise NotSignedIn("The token is signed with a key that is not kept here.", "Sign in again.")
        return found

    def _caller(self, claims: Mapping[str, Any], expires: float) -> Caller:
        session = claims.get("sid")
        return Caller(
            subject_of(claims),
            names_in(claims, "roles"),
            names_in(claims, "groups"),
            session if isinstance(session, str) else None,
            expires,
        )
