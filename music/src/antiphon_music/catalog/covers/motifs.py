"""Motifs: the kinds of pictures that a cover can be, each drawn with dice in the colours that it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import cos, pi, sin

from .dice import Dice

SIDE = 400
Motif = Callable[[Dice, Sequence[str]], Iterator[str]]
"""Makes SVG elements from dice and five colours, the first of which is the ground."""


def rings(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """A record that lies askew: circles about one middle."""
    x, y = dice.between(90, 310), dice.between(90, 310)
    radius = dice.between(250, 340)
    while radius > 12:
        yield _circle(x, y, radius, dice.one_of(colours))
        radius *= dice.between(0.62, 0.9)
    yield _circle(x, y, 8, colours[0])


def horizon(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """A sun above hills."""
    yield _circle(dice.between(80, 320), dice.between(90, 210), dice.between(50, 110), colours[1])
    height = dice.between(170, 220)
    for colour in (colours[2], colours[3], colours[4]):
        yield _hill(dice, height, colour)
        height += dice.between(45, 75)


def tiles(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """Quarters of circles on a board."""
    side = SIDE // dice.one_of((3, 4, 5))
    for row in range(SIDE // side):
        for column in range(SIDE // side):
            x, y = column * side, row * side
            ground, figure = dice.mixed(colours)[:2]
            yield _rect(x, y, side + 1, side + 1, ground)
            corner = dice.below(6)
            if corner == 5:
                yield _circle(x + side / 2, y + side / 2, side * 0.3, figure)
            elif corner < 4:
                yield _quarter(x, y, side, corner, figure)


def stripes(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """Ribbons across, with a disc before or behind them."""
    slope = dice.one_of((-45, -30, 0, 30, 45, 60))
    disc = _circle(dice.between(120, 280), dice.between(120, 280), dice.between(60, 120), colours[1])
    before = dice.below(2) == 0
    if not before:
        yield disc
    yield f'<g transform="rotate({slope} 200 200)">'
    place = -110.0
    while place < 510:
        width = dice.between(6, 42)
        if dice.below(3):
            yield _rect(place, -110, width, 620, dice.one_of(colours[2:]))
        place += width + dice.between(2, 20)
    yield "</g>"
    if before:
        yield disc


def petals(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """A flower from above."""
    for layer, length in enumerate((185, 135, 85)):
        number = dice.one_of((6, 8, 10, 12))
        width, turn = length * pi / number * 0.5, dice.below(60)
        for petal in range(number):
            angle = turn + 360 * petal / number
            half = _plain(length / 2)
            yield (
                f'<ellipse cx="200" cy="{_plain(200 - length / 2)}" rx="{_plain(width)}" ry="{half}" '
                f'fill="{colours[1 + (layer + petal % 2) % 4]}" transform="rotate({_plain(angle)} 200 200)"/>'
            )
    yield _circle(200, 200, dice.between(14, 34), colours[0])


def waves(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """Lines that swing, as a string does."""
    count = dice.one_of((9, 12, 16))
    middle, height, swings = dice.between(120, 280), dice.between(20, 55), dice.one_of((1, 1.5, 2, 3))
    for line in range(count):
        base = (line + 0.5) * SIDE / count
        tall = height * sin(pi * (line + 0.5) / count)
        points = []
        for step in range(41):
            x = step * 10
            near = max(0.0, 1 - abs(x - middle) / 230)
            points.append(f"{x} {_plain(base + tall * near * sin(2 * pi * swings * x / SIDE + line / 2))}")
        colour = colours[1 + line * 4 // count]
        yield (
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
            f'stroke-width="{_plain(SIDE / count * 0.45)}"/>'
        )


def blocks(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """A wall of windows: areas that were cut in two until they were small."""
    areas, done = [(0.0, 0.0, float(SIDE), float(SIDE))], []
    while areas:
        x, y, width, height = areas.pop()
        if max(width, height) < 90 or (max(width, height) < 220 and dice.below(4) == 0):
            done.append((x, y, width, height))
            continue
        part = dice.between(0.3, 0.7)
        if width >= height:
            areas += [(x, y, width * part, height), (x + width * part, y, width * (1 - part), height)]
        else:
            areas += [(x, y, width, height * part), (x, y + height * part, width, height * (1 - part))]
    for x, y, width, height in done:
        yield _rect(x + 3, y + 3, width - 6, height - 6, dice.one_of(colours[1:]))


def dots(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """A light, as a newspaper prints it."""
    count = dice.one_of((8, 10, 12))
    step = SIDE / count
    x, y = dice.between(60, 340), dice.between(60, 340)
    for row in range(count):
        for column in range(count):
            across, down = (column + 0.5) * step, (row + 0.5) * step
            far = ((across - x) ** 2 + (down - y) ** 2) ** 0.5
            radius = step * 0.56 * max(0.12, 1 - far / 380)
            yield _circle(across, down, radius, colours[1 + min(3, int(far / 110))])


def fans(dice: Dice, colours: Sequence[str]) -> Iterator[str]:
    """Rays from a point at the edge."""
    x, y = dice.one_of(((0, 400), (200, 400), (400, 400), (200, 0), (0, 200)))
    count = dice.one_of((16, 20, 28))
    turn = dice.between(0, pi)
    for ray in range(0, count, 2):
        corners = [f"{x},{y}"]
        for edge in (ray, ray + 1):
            angle = turn + 2 * pi * edge / count
            corners.append(f"{_plain(x + 600 * cos(angle))},{_plain(y + 600 * sin(angle))}")
        yield f'<polygon points="{" ".join(corners)}" fill="{colours[1 + ray // 2 % 3]}"/>'
    yield _circle(x, y, dice.between(50, 130), colours[4])


MOTIFS: tuple[Motif, ...] = (rings, horizon, tiles, stripes, petals, waves, blocks, dots, fans)


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _circle(x: float, y: float, radius: float, colour: str) -> str:
    return f'<circle cx="{_plain(x)}" cy="{_plain(y)}" r="{_plain(radius)}" fill="{colour}"/>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    place = f'x="{_plain(x)}" y="{_plain(y)}" width="{_plain(width)}" height="{_plain(height)}"'
    return f'<rect {place} fill="{colour}"/>'


def _quarter(x: float, y: float, side: float, corner: int, colour: str) -> str:
    """A quarter of a disc about one corner of a square."""
    right, low = corner in (1, 2), corner in (2, 3)
    cx, cy = x + side * right, y + side * low
    ends = (cx, cy + (-side if low else side)), (cx + (-side if right else side), cy)
    middle, begin, end = (f"{_plain(x)} {_plain(y)}" for x, y in ((cx, cy), *ends))
    arc = f"A{_plain(side)} {_plain(side)} 0 0 {int(right != low)} {end}"
    return f'<path d="M{middle}L{begin}{arc}Z" fill="{colour}"/>'


def _hill(dice: Dice, height: float, colour: str) -> str:
    swing = [_plain(height + dice.between(-45, 45)) for _ in range(4)]
    return f'<path d="M0 {swing[0]}C130 {swing[1]} 270 {swing[2]} 400 {swing[3]}V400H0Z" fill="{colour}"/>'
