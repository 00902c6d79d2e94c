"""Multipart: a form with a file in it (RFC 7578), read piece by piece as it arrives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

LONGEST_HEAD = 8192
MOST_PARTS = 20
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;.*?\bboundary="?([^";,\s]{1,70})"?', re.IGNORECASE | re.DOTALL
)
_NAME = re.compile(rb'\bname="([^"]*)"')
_FILENAME = re.compile(rb'\bfilename="([^"]*)"')


class Broken(Exception):
    """It is no form; the message says where."""


class Head(Struct, frozen=True):
    """A part of the form begins: the field's name, and the file's if it is one."""

    name: str
    filename: str | None


class Multipart:
    """Takes the bytes of a form, and gives heads of parts and pieces of what they hold, in order.

    It keeps no more of what came than a boundary or a head may be long. Raises `Broken`, as `feed` does.
    """

    def __init__(self, content_type: str) -> None:
        found = _BOUNDARY.match(content_type)
        if found is None:
            raise Broken("The form has no boundary.")
        self._mark = b"\r\n--" + found[1].encode()
        self._kept = b"\r\n"  # so that the first boundary is like all others
        self._parts = 0
        self._state: Literal["before", "mark", "head", "within", "over"] = "before"

    @property
    def over(self) -> bool:
        """Whether the last boundary was seen."""
        return self._state == "over"

    def feed(self, data: bytes) -> Iterator[Head | bytes]:
        """What `data` brings."""
        self._kept += data
        while (found := self._step()) is not None:
            if found:
                yield found

    def _step(self) -> Head | bytes | None:
        """One thing more; b"" for nothing to tell, None if more has to come first."""
        match self._state:
            case "before" | "within":
                return self._until_mark()
            case "mark":
                return self._behind_mark()
            case "head":
                return self._head()
            case _:
                self._kept = b""
                return None

    def _until_mark(self) -> bytes | None:
        at = self._kept.find(self._mark)
        end = at if at >= 0 else max(0, len(self._kept) - len(self._mark) + 1)
        piece, self._kept = self._kept[:end], self._kept[end:]
        told = piece if self._state == "within" else b""
        if at < 0:
            return told or None
        self._kept = self._kept[len(self._mark) :]
        self._state = "mark"
        return told

    def _behind_mark(self) -> bytes | None:
        if len(self._kept) < 2:
            return None
        if self._kept[:2] == b"--":
            self._state = "over"
        elif self._kept[:2] == b"\r\n":
            self._state = "head"
        else:
            raise Broken("Behind a boundary there is neither a part nor the end.")
        return b""

    def _head(self) -> Head | None:
        end = self._kept.find(b"\r\n\r\n")
        if end < 0 and len(self._kept) <= LONGEST_HEAD:
            return None
        if not 0 <= end <= LONGEST_HEAD:
            raise Broken("The head of a part is too long.")
        lines, self._kept = self._kept[:end].split(b"\r\n"), self._kept[end + 4 :]
        told = next((line for line in lines if line.lower().startswith(b"content-disposition:")), b"")
        name, filename = _NAME.search(told), _FILENAME.search(told)
        if name is None:
            raise Broken("A part has no name.")
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Broken(f"The form has more than {MOST_PARTS} parts.")
        self._state = "within"
        return Head(_text(name[1]), None if filename is None else _text(filename[1]))


def _text(written: bytes) -> str:
    """A name as browsers write it (WHATWG HTML, multipart/form-data encoding)."""
    text = written.decode("utf-8", "replace")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
