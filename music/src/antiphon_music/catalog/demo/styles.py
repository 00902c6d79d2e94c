"""The styles by the names that pieces give them."""

from __future__ import annotations

from collections.abc import Callable

from . import band, chamber, electronic, jazz
from .pieces import Piece
from .score import Score

STYLES: dict[str, Callable[[Piece], Score]] = {
    "anthem": band.anthem,
    "ballad": jazz.ballad,
    "bossa nova": jazz.bossa_nova,
    "drift": electronic.drift,
    "fingers": chamber.fingers,
    "funk": band.funk,
    "house": electronic.house,
    "jazz waltz": jazz.jazz_waltz,
    "lo-fi": electronic.lo_fi,
    "one drop": band.one_drop,
    "prelude": chamber.prelude,
    "rock": band.rock,
    "shuffle": band.shuffle,
    "strings": chamber.strings,
    "swing": jazz.swing,
    "synthwave": electronic.synthwave,
}
