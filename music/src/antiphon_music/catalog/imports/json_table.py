"""Tables in JSON: an array of objects, or NDJSON with an object a line."""

from __future__ import annotations

from typing import Any

import msgspec

from .entry import Refused
from .table import Advance, Row, Rows, Source, Unusable
from .text import open_text

_STRIDE = 256


def read_json(source: Source, advance: Advance) -> Rows:
    """Read the objects of an array, or of the one array that an object holds (`{"songs": [...]}`).

    The file is read as a whole: for what doesn't fit into memory there is NDJSON.

    Raises:
        Unusable: it isn't JSON, or holds no such array.
    """
    with open_text(source.path, source.encoding) as file:
        text = file.read()
    try:
        whole = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unusable(
            f"{source.path} isn't JSON: {error}. An object a line is NDJSON: name it .ndjson."
        ) from None
    items = _array(whole)
    if items is None:
        raise Unusable(f'{source.path} holds no array of objects. Give [{{...}}, ...] or {{"songs": [...]}}.')
    for number, item in enumerate(items, start=1):
        place = f"{source.label}, item {number}"
        if isinstance(item, dict):
            yield Row(place, item)
        else:
            yield Refused(place, f"is no object but {_shown(item)}")
    advance(source.path.stat().st_size)


def read_ndjson(source: Source, advance: Advance) -> Rows:
    """Read an object a line; empty lines are passed over, broken ones refused."""
    position = 0
    with open_text(source.path, source.encoding) as file:
        for number, line in enumerate(file, start=1):
            if number % _STRIDE == 0:
                advance(file.buffer.tell())
            if not line.strip():
                continue
            place = f"{source.label}, line {number}"
            try:
                item = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeError) as error:
                yield Refused(place, f"isn't JSON: {error}")
                continue
            if isinstance(item, dict):
                yield Row(place, item)
            else:
                yield Refused(place, f"is no object but {_shown(item)}")
        position = file.buffer.tell()
    advance(position)


def _array(whole: Any) -> list[Any] | None:
    if isinstance(whole, list):
        return whole
    if isinstance(whole, dict):
        arrays = [value for value in whole.values() if isinstance(value, list)]
        if len(arrays) == 1:
            return arrays[0]
    return None


def _shown(item: Any) -> str:
    return msgspec.json.encode(item).decode()[:40]
