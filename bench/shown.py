"""What an HTML page shows in its table: the same for everyone who renders it, however it is marked up."""

import re
from html.parser import HTMLParser

WHOLE = re.compile(r"^(\d+)\.0( s)?$")
CELLS = ("td", "th")


class Table(HTMLParser):
    """The cells of a page's table, row by row: each its text, and where the links in it lead.

    A number that is whole is so, written with a point or not. The ends of rows and cells may be left out, as
    HTML lets them (HTML Living Standard, 13.1.2.4).
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in (*CELLS, "tr"):
            self._end()
        if tag == "tr":
            self.rows.append([])
        elif tag in CELLS:
            self._cell = []
        elif tag == "a" and self._cell is not None:
            self._cell.append(f"<{dict(attrs).get('href')}>")

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in (*CELLS, "tr", "tbody", "table"):
            self._end()

    def _end(self) -> None:
        if self._cell is not None:
            self.rows[-1].append(WHOLE.sub(r"\1\2", " ".join("".join(self._cell).split())))
            self._cell = None


def table(body: bytes) -> list[list[str]]:
    """The rows of the page's table, that of its headings first."""
    parser = Table()
    parser.feed(body.decode())
    return parser.rows
