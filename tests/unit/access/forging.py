"""Tokens as those write them who should not."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from antiphon import Tokens


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def read(token: str, place: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a token."""
    text = token.split(".")[place]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def private_keys(tokens: Tokens) -> list[OKPKey]:
    """The keys that sign, by their files."""
    files = sorted(tokens.keys.folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return [OKPKey.import_key(json.loads(path.read_text())) for path in files]


def signed(key: OKPKey, header: Any, claims: Any) -> str:
    """A token signed as it should be, whatever it says."""
    text = f"{part(header)}.{part(claims)}"
    private: Any = key.private_key
    return f"{text}.{part(private.sign(text.encode()))}"


def hmac_signed(secret: bytes, header: dict[str, Any], claims: Any) -> str:
    """A token signed with a secret that everyone knows: the bytes of a public key."""
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def folder_files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
