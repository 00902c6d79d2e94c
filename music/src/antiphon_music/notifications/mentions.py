"""Mentions: which names a text names, and where."""

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


def split_mentions(text: str) -> list[tuple[str, str]]:
    """`text` in pieces, in order: each with the name that it mentions, in small letters, or with ""."""
    names, pieces, end = set(mentions_in(text)), [], 0
    for match in _MENTION.finditer(text):
        if (name := match[1].lower()) in names:
            pieces += [(text[end : match.start()], ""), (match[0], name)]
            end = match.end()
    return [piece for piece in (*pieces, (text[end:], "")) if piece[0]]
