"""Text in UTF-8 that someone once read as Latin-1: repaired where that is certain."""

from __future__ import annotations

import re
import unicodedata

# The lead byte of a UTF-8 sequence and a byte that goes on with it, as Latin-1 or Windows-1252 show them.
_CONTINUED = (
    "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
)
_TYPICAL = re.compile("[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac")
_SUSPECT = re.compile(f"[\u00c2-\u00f4][{_CONTINUED}]")


def suspect(text: str) -> bool:
    """Whether a text may have been UTF-8 read as Latin-1 or Windows-1252: `repaired` tells."""
    return not text.isascii() and _SUSPECT.search(text) is not None


def doubtful(text: str) -> bool:
    """Whether a text that cannot be repaired is worth a look all the same: it has what spoils most often."""
    return _TYPICAL.search(text) is not None


def repaired(text: str) -> str | None:
    """What a suspect text was before; None where that isn't certain.

    It is certain if each of its letters can be turned back into a byte, all bytes together are UTF-8, and
    they spell letters, marks and signs, and no control characters.
    """
    raw = bytearray()
    for letter in text:
        if ord(letter) < 0x100:
            raw.append(ord(letter))
            continue
        try:
            raw += letter.encode("cp1252")
        except UnicodeEncodeError:
            return None
    try:
        result = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") for letter in result):
        return None
    return unicodedata.normalize("NFC", result)
