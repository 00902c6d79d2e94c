"""Event streams, parsed (HTML Living Standard, 9.2.6).

Lines end at CR, LF or CRLF and at nothing else: text in JSON may hold U+2028 and other characters at which
`str.splitlines` and httpx's `aiter_lines` would cut. Unlike a browser this parser tells which frame carried
an id, and hands out a frame that has an id alone: here that means something.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Frame(Struct, frozen=True):
    """One frame: `kind` is its event type ("" if it names none), `id` None if it carries none."""

    kind: str
    data: bytes
    id: str | None


class Parser:
    """Takes a stream's bytes, cut anywhere, and gives out each frame that is complete.

    `retry_seconds` is how long the server asked to wait before coming back; None if it did not.
    """

    def __init__(self) -> None:
        self.retry_seconds: float | None = None
        self._begun: list[bytes] = []
        self._after_return = False
        self._first = True
        self._clear()

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that end in `piece`."""
        if not piece:
            return
        after_return, self._after_return = self._after_return, piece.endswith(b"\r")
        if after_return and piece.startswith(b"\n"):  # the other half of a CRLF
            piece = piece[1:]
        *ends, rest = _LINE_END.split(piece)
        for end in ends:
            line = b"".join((*self._begun, end))
            self._begun.clear()
            if self._first:
                self._first = False
                line = line.removeprefix(_BOM)
            if line:
                self._take(line)
                continue
            if self._data or self._id is not None:
                yield Frame(self._kind, b"\n".join(self._data), self._id)
            self._clear()
        if rest:
            self._begun.append(rest)

    def _clear(self) -> None:
        self._kind = ""
        self._data: list[bytes] = []
        self._id: str | None = None

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._kind = value.decode(errors="replace")
            case b"id" if b"\0" not in value:
                self._id = value.decode(errors="replace")
            case b"retry" if value.isdigit():
                self.retry_seconds = int(value[:12]) / 1000
