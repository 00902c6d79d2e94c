"""The log: changes, and the positions that name them."""

from antiphon.log.change import Change, ChangeKind, Row
from antiphon.log.position import Position, gone, parse_position

__all__ = ["Change", "ChangeKind", "Position", "Row", "gone", "parse_position"]
