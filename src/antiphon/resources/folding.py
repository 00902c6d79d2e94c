"""Folding: how a text is compared when case and accents do not count."""

from unicodedata import combining, normalize


def fold(text: str) -> str:
    """`text` without case and accents: "Björk" and "BJORK" fold alike, "ß" folds to "ss".

    Compatibility forms are decomposed (Unicode NFKD), marks with a combining class dropped. Vowel signs
    of Indic and South-East Asian scripts have none, and stay: they are letters, not accents.
    """
    if text.isascii():
        return text.lower()
    decomposed = normalize("NFKD", normalize("NFKD", text).casefold())
    return "".join(character for character in decomposed if not combining(character))
