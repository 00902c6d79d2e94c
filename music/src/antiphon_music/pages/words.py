"""Words: what people wrote, as a page shows it, and numbers as people read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from ..naming import digest
from ..notifications.mentions import split_mentions

UNTITLED = "(untitled)"
HUES = 10
"""So many colours there are for pictures of people and genres: classes `hue-0` and so on."""
# What Unicode calls the letters of a script, and what BCP 47 does: the script is known, the language is not.
_SCRIPTS = {
    "ARABIC": "und-Arab",
    "ARMENIAN": "hy",
    "BENGALI": "und-Beng",
    "CJK": "und-Hani",
    "CYRILLIC": "und-Cyrl",
    "DEVANAGARI": "und-Deva",
    "ETHIOPIC": "und-Ethi",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "HANGUL": "ko",
    "HEBREW": "und-Hebr",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "KHMER": "km",
    "TAMIL": "ta",
    "THAI": "th",
}
_LOOKED_AT = 40


LONG = 160
"""So many letters of a title or a name stand in a sentence; all of it is on its own page."""


def plain(text: str | None, most: int | None = None) -> str:
    """A text of which all is seen: pictures for control characters, and words where there is no text.

    Of a longer one than `most` letters the rest is left out.
    """
    text = "".join(_visible(letter) for letter in text or "")
    if all(unicodedata.category(letter).startswith(("Z", "C")) for letter in text):
        return UNTITLED
    return text if most is None or len(text) <= most else text[:most] + "…"


def said(text: str | None) -> Markup:
    """A title or a name, by itself in the sentence around it whichever way it is written."""
    return Markup("<bdi{}>{}</bdi>").format(tongue(text), plain(text, LONG))


def tongue(text: str | None) -> Markup:
    """The attribute `lang` for a text in another script than the page's, or nothing."""
    found = _tongue((text or "")[:_LOOKED_AT])
    return Markup(' lang="{}"').format(found) if found else Markup("")


def spoken(text: str, people: Mapping[str, str]) -> Markup:
    """A comment, with the mentions of `people`, whose ids are by their names in small letters, linked."""
    pieces = [
        Markup('<a href="/users/{}">{}</a>').format(quote(people[name], safe=""), piece)
        if name in people
        else escape("".join(_visible(letter, "\n\t") for letter in piece))
        for piece, name in split_mentions(text)
    ]
    return Markup("").join(pieces)


def duration(seconds: float | None) -> str:
    """Minutes and seconds: `2:31`."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: `1 play`, `1,200 plays`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def hue(text: str) -> str:
    """The class of the colour that stands for a name, the same each time."""
    return f"hue-{int(digest(text), 16) % HUES}"


def initial(name: str) -> str:
    """The first letter of a name that can be seen."""
    return next((each for each in plain(name) if each.isalnum()), "?")


@lru_cache(maxsize=1 << 12)
def _tongue(text: str) -> str:
    scripts = [unicodedata.name(each, "").split(" ")[0] for each in text if each.isalpha()]
    known = [_SCRIPTS[each] for each in scripts if each in _SCRIPTS]
    if 2 * len(known) <= len(scripts) or not known:
        return ""
    return "ja" if "ja" in known else max(set(known), key=known.count)


def _visible(letter: str, kept: str = "") -> str:
    if letter in kept:
        return letter
    if letter < " ":
        return " " if letter in "\n\t\r" else chr(0x2400 + ord(letter))
    if "\x7f" <= letter <= "\x9f" or "\ud800" <= letter <= "\udfff":
        return "\N{REPLACEMENT CHARACTER}"
    return letter


FILTERS: Mapping[str, Callable[..., Any]] = {
    "plain": plain,
    "said": said,
    "tongue": tongue,
    "spoken": spoken,
    "duration": duration,
    "counted": counted,
    "hue": hue,
    "initial": initial,
}
