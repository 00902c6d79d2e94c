"""Which names a text names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon_music.notifications.mentions import mentions_in, split_mentions

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ana", ["ana"]),
        ("That bass, @Ben!", ["ben"]),
        ("@ana, @ben and @ANA", ["ana", "ben"]),
        ("(@ana.lima)", ["ana.lima"]),
        ("Thanks @ana.", ["ana"]),
        ("@ana's, @ben-", ["ana", "ben"]),
        ("_@ana_ *@ben*", ["ana", "ben"]),
        ("@o_o", ["o_o"]),
        ("¡@ana!", ["ana"]),
        ("a\n@ana\n", ["ana"]),
        ("write to ana@example.org", []),
        ("https://example.org/@ana", []),
        ("@ana@example.org", []),
        ("@ana.lima@example.org", []),
        ("@@ana", []),
        ("@ ana", []),
        ("@", []),
        ("@-", []),
        ("@anaïs", []),  # no name has an ï: who is meant is not ana
        ("é@ana", []),
        ("@" + "a" * 40, ["a" * 40]),
        ("@" + "a" * 41, []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert mentions_in(text) == names


@given(st.lists(st.tuples(NAMES, st.sampled_from([" ", ", ", "! ", ".\n", ") ", "… "]))))
def test_each_name_is_found_once_whatever_stands_between(named: list[tuple[str, str]]) -> None:
    text = "".join(f"@{name}{behind}" for name, behind in named)
    assert mentions_in(text) == list(dict.fromkeys(name.lower() for name, _ in named))


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    assert all(f"@{name}" in text.lower() for name in mentions_in(text))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("hello", [("hello", "")]),
        ("@Ana", [("@Ana", "ana")]),
        ("That bass, @Ben!", [("That bass, ", ""), ("@Ben", "ben"), ("!", "")]),
        ("@ana@x.org and @ben.", [("@ana@x.org and ", ""), ("@ben", "ben"), (".", "")]),
    ],
)
def test_pieces(text: str, pieces: list[tuple[str, str]]) -> None:
    assert split_mentions(text) == pieces


@given(st.lists(NAMES.map(lambda name: f"@{name}") | st.text(max_size=5)).map(" ".join))
def test_pieces_are_the_whole_text_and_its_names(text: str) -> None:
    pieces = split_mentions(text)
    assert "".join(piece for piece, _ in pieces) == text
    assert list(dict.fromkeys(name for _, name in pieces if name)) == mentions_in(text)
    assert all(
        piece == f"@{name}" or not name for piece, name in ((each.lower(), name) for each, name in pieces)
    )
