"""Mentions: which names a text names."""

from __future__ import annotations

import re

LONGEST = 40
# Names are those of identity. What stands around one must not make it part of an address: `ana@example.org`,
# `https://example.org/@ana`, `@ana@example.org`. Dots, hyphens and underscores at the end are the sentence's.
_MENTION = re.compile(r"(?<![^\W_])(?<![@/])@(?>([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))(?![^\W_]|@)")


def mentions_in(text: str) -> list[str]:
    """The names that follow an @ in `text`, in small letters, each once, in order."""
    found = (match[1].lower() for match in _MENTION.finditer(text))
    return list(dict.fromkeys(name for name in found if len(name) <= LONGEST))
