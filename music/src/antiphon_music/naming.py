"""Ids made from names, the same each time, and how names are compared."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=1 << 16)
def key(name: str) -> str:
    """What two spellings of one name have in common: case, accents and white space folded."""
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
    return " ".join(name.lower().split())


def slug(name: str, limit: int = 40) -> str:
    """A name in small letters, digits and hyphens, for a person to recognise; may be empty."""
    return _OTHER.sub("-", key(name))[:limit].strip("-")


def name_id(name: str) -> str:
    """The id of what is known by its name alone: `miles-davis`.

    Where the slug tells less than the name does (`AC/DC`, Cyrillic), a digest keeps ids apart.
    """
    plain = slug(name)
    return plain if plain and plain.replace("-", " ") == key(name) else joined(plain, digest(key(name)))


def source_id(source: str, id: str) -> str:
    """The id of what `source` calls `id`: `chinook-track-1`; at most 64 letters, digits, hyphens and _."""
    named = f"{source}-{id}"
    return named if _ID.fullmatch(named) else joined(slug(named, 50), digest(named))


def song_id(title: str, *identity: str | int | None, copy: int = 1) -> str:
    """The id of a song that its source gives none: from its title and whatever else identifies it.

    `copy` counts songs whose identity is the same.
    """
    parts = [key(str(part)) if part is not None else "" for part in (title, *identity)]
    return joined(slug(title), digest(*parts, *([str(copy)] if copy > 1 else [])))


def joined(*parts: str) -> str:
    """Parts of an id with hyphens between; empty ones are left out."""
    return "-".join(part for part in parts if part)


def digest(*parts: str) -> str:
    """Ten hexadecimal digits that differ when the parts do."""
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
