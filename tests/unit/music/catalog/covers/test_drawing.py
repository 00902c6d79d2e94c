"""Covers are drawn: the same each time, of nothing but shapes, and told apart."""

import re
from hashlib import sha256
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon_music.catalog.covers.dice import THROWS, Dice
from antiphon_music.catalog.covers.drawing import PALETTES, draw_cover
from antiphon_music.catalog.covers.motifs import MOTIFS, Motif

ATTRIBUTES = {
    *("viewBox", "width", "height", "x", "y", "cx", "cy", "r", "rx", "ry", "d", "points"),
    *("fill", "stroke", "stroke-width", "transform"),
}
ELEMENTS = {"svg", "g", "rect", "circle", "ellipse", "polygon", "polyline", "path"}
TEXT = st.text(max_size=50) | st.sampled_from(['"><script>', "\x00\ud800", "שלום", "x" * 2000])


def elements(svg: str) -> list[ElementTree.Element]:
    found = list(ElementTree.fromstring(svg).iter())
    assert {each.tag.removeprefix("{http://www.w3.org/2000/svg}") for each in found} <= ELEMENTS
    return found


@given(TEXT, st.none() | TEXT, st.none() | st.integers(1000, 2999))
def test_a_cover_is_shapes_alone_and_small(title: str, artist: str | None, year: int | None) -> None:
    svg = draw_cover(title, artist, year)
    assert svg == draw_cover(title, artist, year)
    assert len(svg) < 20_000
    for each in elements(svg):
        assert (each.text or "").strip() == ""
        assert set(each.attrib) <= ATTRIBUTES


def test_this_cover_stays_as_it_is() -> None:
    """Whoever changes the drawing changes all covers; that is to be meant."""
    svg = draw_cover("Candle Hours", "Tobble Wick Trio", 2021)
    assert sha256(svg.encode()).hexdigest()[:16] == "6708ef42d6326768"


def test_albums_of_one_artist_have_its_colours_and_look_different() -> None:
    covers = [draw_cover(f"Album {number}", "Trio", 2020) for number in range(20)]
    grounds = {re.search(r'fill="(#[0-9a-f]{6})"', each)[1] for each in covers}  # type: ignore[index]
    assert len(grounds) == 1
    assert len(set(covers)) == 20
    assert draw_cover("Same", "One", 2020) != draw_cover("Same", "Two", 2020)


@pytest.mark.parametrize("motif", MOTIFS)
@given(st.integers(0, 10_000))
def test_each_motif_comes_to_an_end(motif: Motif, seed: int) -> None:
    drawn = "".join(motif(Dice(str(seed)), PALETTES[seed % len(PALETTES)]))
    assert 0 < len(elements(f'<svg xmlns="http://www.w3.org/2000/svg">{drawn}</svg>')) < 500


def test_dice_never_run_out() -> None:
    dice = Dice("x")
    first = [dice.below(100) for _ in range(THROWS)]
    assert [dice.below(100) for _ in range(THROWS)] == first
    assert len(set(first)) > 50
    assert all(1 <= dice.between(1, 2) <= 2 for _ in range(100))
