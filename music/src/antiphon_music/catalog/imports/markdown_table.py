"""Tables in Markdown, with links in their cells."""

from __future__ import annotations

import re
from typing import Any

from .entry import Refused
from .table import Advance, Link, Row, Rows, Source
from .text import open_text

# A link's text may hold brackets and bars: it goes on to the first `](` that a URL follows.
_LINK = re.compile(r"\[(.*?)\]\(([a-z][a-z0-9+.-]*://[^\s()]+)\)")
_RULE = re.compile(r"\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?\s*)?")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BAR = re.compile(r"(?<!\\)\|")


def read_markdown(source: Source, advance: Advance) -> Rows:
    """Read the rows of each table in the file; text between tables is passed over.

    A cell of links becomes a list of `Link`s, any other its text. Backslash escapes are resolved as
    CommonMark does (section 2.4).
    """
    header: list[str] = []
    before = ""
    with open_text(source.path, source.encoding) as file:
        for number, line in enumerate(file, start=1):
            line = line.strip()
            if not line.startswith("|"):
                header, before = [], line
                continue
            if not header:
                if _RULE.fullmatch(line) and before.startswith("|"):
                    header = [cell.strip() for cell in before.strip("|").split("|")]
                before = line
                continue
            place = f"{source.label}, line {number}"
            cells = _cells(line)
            if len(cells) != len(header):
                yield Refused(place, f"has {len(cells)} cells where the table's header has {len(header)}")
                continue
            yield Row(place, dict(zip(header, cells, strict=True)))
        advance(file.buffer.tell())


def _cells(line: str) -> list[Any]:
    """The cells of a row: between the links of `split` stand the bars, and what else a cell holds."""
    parts = _LINK.split(line[1:-1] if line.endswith("|") else line[1:])
    cells: list[Any] = []
    links: list[Link] = []
    words = ""
    for at in range(0, len(parts), 3):
        between = parts[at]
        if "|" in between:
            first, *rest = _BAR.split(between)
            for piece in rest:
                cells.append(_cell(links, words + first))
                links, words, first = [], "", piece
            between = first
        words += between
        if at + 2 < len(parts):
            links.append(Link(_plain(parts[at + 1]), parts[at + 2]))
    cells.append(_cell(links, words))
    return cells


def _cell(links: list[Link], words: str) -> Any:
    words = words.strip(" ,;&\t")
    if not links:
        return _plain(words)
    return links if not words else _plain(f"{words} {' '.join(link.text for link in links)}")


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text
