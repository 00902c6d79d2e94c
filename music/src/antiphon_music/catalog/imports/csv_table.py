"""Tables in CSV (RFC 4180) and its relatives with semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TextIO

from .entry import Refused
from .table import Advance, Row, Rows, Source, Unusable
from .text import open_text

_DELIMITERS = ",;\t|"
_STRIDE = 256


class _Reader(Protocol):
    """What `csv.reader` returns, which has no public name."""

    line_num: int

    def __next__(self) -> list[str]: ...


def read_csv(source: Source, advance: Advance) -> Rows:
    """Read the rows under the header line, with any of the three line ends.

    A row with more cells than the header is refused: a delimiter in one of its texts isn't quoted, so that
    nobody can say which cell belongs where. One with fewer has empty cells at its end.

    Raises:
        Unusable: the file is empty.
    """
    with open_text(source.path, source.encoding) as file:
        delimiter = _delimiter(file, source.path)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter)
        header = [name.strip().lstrip("\ufeff") for name in next(reader)]
        for cells in _rows(reader, source.label):
            if isinstance(cells, Refused):
                yield cells
                continue
            if reader.line_num % _STRIDE == 0:
                advance(_position(file))
            if not any(cells):
                continue
            place = f"{source.label}, line {reader.line_num}"
            if len(cells) > len(header):
                yield Refused(
                    place,
                    f"has {len(cells)} cells where the header has {len(header)}; "
                    f"put quotes round texts that hold {delimiter!r}",
                )
                continue
            yield Row(place, dict(zip(header, cells, strict=False)))
        advance(_position(file))


def _rows(reader: _Reader, label: str) -> Iterator[list[str] | Refused]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refused(
                f"{label}, line {reader.line_num}", f"isn't CSV: {error}; look for a quote never closed"
            )


def _delimiter(file: TextIO, path: Path) -> str:
    """Whichever splits the first line into the most cells."""
    first = next((line for line in file if line.strip()), "")
    if not first:
        raise Unusable(f"{path} is empty. Give a file with a header line and rows.")
    return max(_DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark))))


def _position(file: TextIO) -> int:
    # A text file refuses to tell its place while it is iterated; its buffer is near enough.
    return file.buffer.tell()
