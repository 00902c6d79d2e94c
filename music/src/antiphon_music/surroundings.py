"""What a service of music runs in: whom it believes, and where the others are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from antiphon import Client, Issuer, Tokens

ISSUER = "music"
"""Who signs the tokens, and for whom: the services of one installation."""
SERVICE = "service"
"""The role of services, with which they follow each other's logs."""
TOKEN_SECONDS = 3600


class Surroundings(Struct, frozen=True):
    """Where a service keeps what is not in its store, whose tokens it believes, and its sources.

    `sources` says where the logs of other services are, by name; those that run beside it need no mention.
    """

    folder: Path
    identify: Tokens | Issuer
    sources: Mapping[str, Any] = {}


def here(folder: Path) -> Surroundings:
    """Those of a data folder, which holds the keys that sign tokens; they are made if missing."""
    return Surroundings(folder, Tokens(folder, issuer=ISSUER))


def surroundings(folder: Path, urls: Mapping[str, str], token: str = "") -> Surroundings:
    """Those of a service that is told the URLs of others; with a `token`, of one in a folder of its own.

    Then it has no part in the keys that sign: it checks by those that identity shows, and reads with the
    token that it was given.

    Raises:
        DeclarationError: identity's keys would come from another machine, and not by HTTPS.
        AntiphonError: a URL is none.
    """
    if token:
        keys = urls.get("identity", "") + "/.well-known/jwks.json"
        return Surroundings(
            folder,
            Issuer(ISSUER, keys, ISSUER, algorithms=("EdDSA",)),
            {name: Client(url, headers=_bearer(token), patience=0) for name, url in urls.items()},
        )
    tokens = Tokens(folder, issuer=ISSUER)
    reader = Reader(tokens)
    return Surroundings(
        folder, tokens, {name: Client(url, headers=reader, patience=0) for name, url in urls.items()}
    )


class Reader:
    """A service, as it shows itself to those whose logs it follows; its token is made anew in time."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._until = 0.0
        self._headers: dict[str, str] = {}

    def __call__(self) -> Mapping[str, str]:
        """The headers for a request."""
        now = time.monotonic()
        if now >= self._until:
            token = self._tokens.issue(SERVICE, roles=(SERVICE,), seconds=TOKEN_SECONDS)
            self._headers = _bearer(token)
            self._until = now + TOKEN_SECONDS / 2
        return self._headers


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
