"""Drawing: the cover of an album that has none, made of what is known of it."""

from __future__ import annotations

from .dice import Dice
from .motifs import MOTIFS, SIDE

PALETTES = (
    ("#1d2a44", "#f2a65a", "#eec170", "#f58549", "#772f1a"),
    ("#f4ede1", "#c8553d", "#588b8b", "#f28f3b", "#2d3047"),
    ("#0f4c5c", "#e36414", "#fb8b24", "#9a031e", "#f6e7cb"),
    ("#2b2d42", "#8d99ae", "#edf2f4", "#ef233c", "#d90429"),
    ("#fefae0", "#606c38", "#283618", "#dda15e", "#bc6c25"),
    ("#231942", "#5e548e", "#9f86c0", "#be95c4", "#e0b1cb"),
    ("#e9f5db", "#386641", "#6a994e", "#a7c957", "#bc4749"),
    ("#03071e", "#6a040f", "#d00000", "#e85d04", "#ffba08"),
    ("#f7f3e9", "#1f7a8c", "#022b3a", "#bfdbf7", "#e1694e"),
    ("#10002b", "#3c096c", "#7b2cbf", "#c77dff", "#f7c59f"),
    ("#f6e8df", "#a5243d", "#2b3a67", "#e3b23c", "#6b8f71"),
    ("#132a13", "#31572c", "#4f772d", "#90a955", "#ecf39e"),
    ("#ffedd8", "#f3a5b1", "#7d5a74", "#48304d", "#f2c14e"),
    ("#0b132b", "#1c2541", "#3a506b", "#5bc0be", "#f0f3bd"),
)
"""Five colours each, the ground first."""


def draw_cover(title: str, artist: str | None, year: int | None) -> str:
    """A square SVG, the same each time for the same album.

    The artist decides of the colours, so that albums by one look like it; the title of the motif. Nothing of
    them is written in it.
    """
    palette = Dice("colours", artist or title).one_of(PALETTES)
    motif = Dice("motif", title).one_of(MOTIFS)
    dice = Dice("details", title, artist or "", str(year or ""))
    colours = (palette[0], *dice.mixed(palette[1:]))
    drawn = "".join(motif(dice, colours))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}">'
        f'<rect width="{SIDE}" height="{SIDE}" fill="{colours[0]}"/>{drawn}</svg>'
    )
