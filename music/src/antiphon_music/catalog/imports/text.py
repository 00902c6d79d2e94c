"""Text files of unknown encoding: which it is, and reading with every byte that does not fit marked."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

import charset_normalizer

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_HEAD = 1 << 12

# Where two fit as well, the first is taken.
_WESTERN = ("cp1252", "cp1250", "mac_roman", "cp850")
_OTHERS = [
    "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
]  # fmt: skip
_HIGH = re.compile(rb"[\x80-\xff]+")
_KANA = re.compile("[\u3041-\u30fe]")
_BAD = re.compile("[\udc00-\udcff]")


class UnknownEncoding(Exception):
    """The encoding of a file cannot be told; the message says what to do."""


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


# `surrogateescape` marks only bytes from 0x80 on, which is not enough for UTF-16 and UTF-32.
codecs.register_error("antiphon-music-mark", _mark)


@dataclass(frozen=True)
class Encoding:
    """An encoding by its Python name, and how it is known: `mark`, `valid`, `guessed` or `given`."""

    name: str
    known: str


def detect(path: Path) -> Encoding:
    """Tell a text file's encoding: by its byte order mark, as UTF-8 if that fits, else by its letters.

    A file in UTF-8 with some bytes that do not fit is UTF-8 all the same.

    Raises:
        UnknownEncoding: nothing fits.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return Encoding(name, "mark")
        if head.count(0) > len(head) // 4:
            # UTF-16 without a mark: every other byte of Latin text is zero.
            return Encoding(
                "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be", "guessed"
            )
        file.seek(0)
        sample = _misfits(file)
    if sample is None:
        return Encoding("utf-8", "valid")
    marked = sample.decode("utf-8", "antiphon-music-mark")
    damaged = len(_BAD.findall(marked))
    if sum(not letter.isascii() for letter in marked) - damaged > damaged:
        return Encoding("utf-8", "guessed")
    found = western(sample) or _by_letters(sample)
    if found is None:
        raise UnknownEncoding(
            f"The encoding of {path} cannot be told. Name it, for example with --encoding cp1252."
        )
    return Encoding(found, "guessed")


def open_text(path: Path, encoding: Encoding) -> TextIO:
    """Open the file for reading: bytes that do not fit become marks that `bad_bytes` finds."""
    return path.open(encoding=encoding.name, errors="antiphon-music-mark", newline="")


def bad_bytes(text: str) -> str | None:
    """The first bytes in `text` that did not fit its encoding, such as `0xE9`; None if all did."""
    match = None if text.isascii() else _BAD.search(text)
    return f"0x{ord(match[0]) - 0xDC00:02X}" if match else None


def _misfits(file: BinaryIO) -> bytes | None:
    """A sample of the lines with other bytes than ASCII; None if the whole file is UTF-8."""
    strict = codecs.getincrementaldecoder("utf-8")("strict")
    valid = True
    sample = b""
    while True:
        chunk = file.read(_CHUNK)
        try:
            strict.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            valid = False
            strict.reset()
        if not chunk:
            return None if valid else sample
        if len(sample) < _SAMPLE:
            lines = chunk.splitlines(keepends=True)
            sample += b"".join(line for line in lines if not line.isascii())[: _SAMPLE - len(sample)]
        elif not valid:
            return sample


def western(sample: bytes) -> str | None:
    """The encoding of text in Latin letters, most of them ASCII; None if this is no such text.

    A detector by letter frequency needs pages of text; in lists of names, what tells encodings apart is
    whether their letters make words: small letters follow small ones, and no sign stands within a word.
    """
    high = sum(map(len, _HIGH.findall(sample)))
    if sum(len(run) for run in _HIGH.findall(sample) if len(run) > 2) > high * 0.4:
        return None
    scores: dict[str, int] = {}
    for name in _WESTERN:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        scores[name] = sum(
            _fits(before, letter, after)
            for before, letter, after in zip(" " + text, text, text[1:] + " ", strict=False)
            if not letter.isascii()
        )
    return max(scores, key=lambda name: scores[name], default=None)


def _fits(before: str, letter: str, after: str) -> int:
    if letter.isalpha():
        return -1 if letter.isupper() and before.islower() else int(before.isalpha() or after.isalpha())
    return -1 if before.isalpha() and after.isalpha() and letter not in "’·" else 0


def _by_letters(sample: bytes) -> str | None:
    for name in ("cp932", "euc_jp"):
        text = sample.decode(name, "ignore")
        # Only Japanese has kana, a wrong guess yields next to none; the detector confuses short lists.
        if len(_KANA.findall(text)) > sum(not letter.isascii() for letter in text) * 0.1:
            return name
    best = charset_normalizer.from_bytes(sample, cp_isolation=_OTHERS).best()
    return best.encoding if best else None
