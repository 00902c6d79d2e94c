"""What a service of music runs in: whom it believes, and where the others are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from antiphon import Issuer, Tokens

ISSUER = "music"
"""Who signs the tokens, and for whom: the services of one installation."""


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


def surroundings(folder: Path, sources: Mapping[str, str], token: str) -> Surroundings:
    """Those of a service that is told the URLs of others; with a `token`, of one in a folder of its own.

    Then it has no part in the keys that sign: identity shows what they are checked with.

    Raises:
        DeclarationError: identity's keys would come from elsewhere, and not by HTTPS.
    """
    if not token:
        return Surroundings(folder, Tokens(folder, issuer=ISSUER), dict(sources))
    keys = sources.get("identity", "") + "/.well-known/jwks.json"
    issuer = Issuer(ISSUER, keys, ISSUER, algorithms=("EdDSA",))
    return Surroundings(folder, issuer, dict(sources))
