"""Encodings: which it is, and where bytes do not fit."""

from pathlib import Path

import pytest

from antiphon_music.catalog.imports.text import Encoding, bad_bytes, detect, open_text

LATIN = "Für Elise;Beethoven\nDéjà vu;Beyoncé\nÁguas de Março;Tom Jobim\n"
TEXTS = [
    ("cp1252", LATIN),
    ("cp1252", "Café,Björk\n"),
    ("cp1252", "“Æ”,L’été – Sigur Rós\n"),
    ("cp1250", "Česká píseň,Žluťoučký kůň\nŁódź,Święta noc\n"),
    ("mac_roman", "Café,Björk\nDéjà vu,Beyoncé\n"),
    ("cp1251", "Кино;Группа крови\nАлла Пугачёва;Миллион алых роз\n"),
    ("koi8_r", "Кино;Группа крови\nАлла Пугачёва;Миллион алых роз\n"),
    ("cp1253", "Μίκης Θεοδωράκης,Ζορμπάς\n"),
    ("cp932", "宇多田ヒカル,初恋\n椎名林檎,丸ノ内サディスティック\n"),
    ("euc_jp", "宇多田ヒカル,初恋\n椎名林檎,丸ノ内サディスティック\n"),
    ("cp949", "아이유,밤편지\n방탄소년단,봄날\n"),
    ("utf-8", "Кино,初恋,Björk\n"),
    ("utf-8-sig", LATIN),
    ("utf-16", LATIN),
    ("utf-16-le", LATIN),
    ("utf-16-be", LATIN),
    ("utf-32", LATIN),
    ("utf-8", "plain\n"),
]


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[f"{name} {text[:8]!r}" for name, text in TEXTS])
def test_an_encoding_is_told_by_the_bytes(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "songs.csv"
    path.write_bytes(text.encode(name))
    with open_text(path, detect(path)) as file:
        assert file.read() == text


def test_how_it_is_known_is_told(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    for content, expected in (
        (b"plain", Encoding("utf-8", "valid")),
        ("Ж".encode(), Encoding("utf-8", "valid")),
        ("Ж".encode("utf-8-sig"), Encoding("utf-8-sig", "mark")),
        (LATIN.encode("cp1252"), Encoding("cp1252", "guessed")),
    ):
        path.write_bytes(content)
        assert detect(path) == expected


def test_utf8_with_some_bad_bytes_is_utf8_and_the_bytes_are_found(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    path.write_bytes("Björk\nSigur Rós\nCafé\n".encode() + b"Beyonc\xe9\n")
    assert detect(path) == Encoding("utf-8", "guessed")
    with open_text(path, detect(path)) as file:
        lines = file.read().splitlines()
    assert [bad_bytes(line) for line in lines] == [None, None, None, "0xE9"]


def test_half_a_letter_at_the_end_is_a_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    path.write_bytes("Björk, Ñandú, é".encode()[:-1])
    with open_text(path, detect(path)) as file:
        assert bad_bytes(file.read()) == "0xC3"


def test_letters_beyond_the_first_megabyte_count(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    path.write_bytes(b"plain,line\n" * 150_000 + "Beyoncé,Déjà vu\n".encode("cp1252"))
    assert detect(path).name == "cp1252"
