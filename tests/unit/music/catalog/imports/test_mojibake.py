"""Repairing UTF-8 that was read as Latin-1, and leaving everything else alone."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from antiphon_music.catalog.imports.mojibake import repaired, suspect


@pytest.mark.parametrize(
    ("spoiled", "meant"),
    [
        ("El ZoolÃ³gico", "El Zoológico"),
        ("NaÅ¡a Idiocija", "Naša Idiocija"),
        ("Martin KuÅ‚chen", "Martin Kułchen"),
        ("Ð£Ð»Ð¾Ñ‡ÐºÐ¸", "Улочки"),
        ("Kindaâ€™ Funky", "Kinda’ Funky"),
        ("KÄ\x8d", "Kč"),
        ("HeÌ\x81beÌ€ho", "Hébèho"),
    ],
)
def test_what_is_certain_is_repaired(spoiled: str, meant: str) -> None:
    assert suspect(spoiled)
    assert repaired(spoiled) == meant


@pytest.mark.parametrize(
    "text", ["Björk", "frei²", "Beyoncé", "IRMÃ", "Trpělivost růže přináší", "Ñandú", "plain", "Кино"]
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert not suspect(text) or repaired(text) is None


@given(st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x17F, categories=["L"]), min_size=1))
def test_whatever_is_spoiled_once_comes_back(text: str) -> None:
    spoiled = text.encode().decode("latin-1")
    assume(suspect(spoiled))
    assert repaired(spoiled) == text
