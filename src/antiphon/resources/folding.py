"""Folding: how a text is compared when case and accents do not count."""

from unicodedata import combining, normalize

_ACCENTS = frozenset({1, *range(10, 37), *range(200, 256)})
"""Combining classes of marks that are left out: overlays, Hebrew and Arabic points, marks around a letter.

The others are letters' own and stay: nukta, virama and the kana's voicing marks (7 to 9), and the vowel
signs and tone marks of Telugu, Thai, Lao and Tibetan (84 to 132). (Unicode Standard Annex 44, 5.7.4.)
"""


def fold(text: str) -> str:
    """`text` without case and accents: "Björk" and "BJORK" fold alike, "ß" folds to "ss".

    Compatibility forms are decomposed (Unicode NFKD), case is folded, accents are dropped. Vowel signs of
    Indic and South-East Asian scripts stay: they are letters, not accents.
    """
    if text.isascii():
        return text.lower()
    decomposed = normalize("NFKD", normalize("NFKD", text).casefold())
    return "".join(character for character in decomposed if combining(character) not in _ACCENTS)
