"""Folding: what counts as the same text, and what must not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.resources import fold

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Björk", "BJORK"),
        ("straße", "STRASSE"),
        ("ẞ", "ss"),
        ("İstanbul", "istanbul"),
        ("ὈΔΥΣΣΕΎΣ", "οδυσσευς"),
        ("ΟΔΟΣ", "οδοσ"),
        ("Ёлка", "елка"),
        ("Dvořák", "dvorak"),
        ("Tiếng Việt", "tieng viet"),
        ("ﬁle", "FILE"),
        ("Ｊａｚｚ", "jazz"),
        ("K", "k"),
        ("Å", "å"),
        ("e\u0301", "é"),
        ("한글", unicodedata.normalize("NFD", "한글")),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("ｶﾞ", "ガ"),
    ],
)
def test_case_accents_and_forms_do_not_count(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("กุ", "กู"),  # Thai vowels below the letter
        ("ขาว", "ข้าว"),  # Thai tone marks: white, rice
        ("ກຸ", "ກູ"),  # Lao
        ("བི", "བུ"),  # Tibetan
        ("か", "が"),  # Japanese voicing
        ("ハ", "パ"),
        ("कि", "कु"),  # Devanagari
        ("ज", "ज़"),
        ("하", "한"),  # Hangul
        ("i", "ı"),
        ("o", "ø"),
        ("a b", "ab"),
    ],
)
def test_letters_do_count(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_every_character_is_folded_once_and_for_all() -> None:
    assigned = (chr(code) for code in range(0x110000) if unicodedata.category(chr(code))[0] != "C")
    letters = " ".join(assigned)  # apart, as marks that stand together are put in order
    folded = fold(letters)
    assert fold(folded) == folded


@given(TEXTS)
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_composed_and_decomposed_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(TEXTS, TEXTS)
def test_what_begins_with_a_text_begins_with_it_folded(start: str, rest: str) -> None:
    assert fold(start + " " + rest).startswith(fold(start))


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_lowered(text: str) -> None:
    assert fold(text) == text.lower()
