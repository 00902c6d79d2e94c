"""A table of any format: rows of named cells, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .entry import Refused
from .text import Encoding

Advance = Callable[[int], None]
"""Told how many bytes have been read so far, for a progress bar."""


class Unusable(Exception):
    """A whole file cannot be used; the message names it, says why and what to do."""


class Row(NamedTuple):
    """A row: its place for people, and its cells by column name.

    A cell is a text, a number, a list or an object as JSON has them, None, or a list of `Link`s.
    """

    place: str
    cells: dict[str, Any]


class Link(NamedTuple):
    """A linked text."""

    text: str
    url: str


Rows = Iterator[Row | Refused]


class Source(NamedTuple):
    """A file to read: `label` is what places call it."""

    path: Path
    label: str
    encoding: Encoding


Reader = Callable[[Source, Advance], Rows]
"""Reads a file's rows one by one. Raises `Unusable` where the file has none."""
