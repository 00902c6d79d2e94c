"""Mentions: which names a text names."""

from __future__ import annotations

import re

LONGEST_NAME = 40
MOST = 50
"""A comment can name so many."""

# Names are as identity has them. A letter, a digit, @ or / before it, or a letter, a digit or @ behind it,
# make it part of something else: `ana@example.org`, `@ana@example.org`, `https://example.org/@ana`. Dots,
# hyphens and underscores at its end are the sentence's. The group is atomic: in `@ané`, `@an` is no mention.
_MENTION = re.compile(r"(?<![^\W_])(?<![@/])@(?>([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))(?![^\W_]|@)")


def mentions_in(text: str) -> list[str]:
    """The names behind an @ in `text`, in small letters, each once, the first `MOST` of them."""
    found = (match[1].lower() for match in _MENTION.finditer(text))
    return list(dict.fromkeys(name for name in found if len(name) <= LONGEST_NAME))[:MOST]
