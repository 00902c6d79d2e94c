"""Asking: what several pages ask alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from antiphon import Ask

Record = dict[str, Any]
MOST = 50
"""So many things are asked for by name at once."""
LONGEST = 100
"""So many records a URL may ask a page for."""


def given(ask: Ask, **usual: Any) -> dict[str, Any]:
    """What a page's URL asks for, and what is `usual` where it is silent, as empty fields of a form are.

    Which fields are shown is the page's to say, and at most `LONGEST` records are on one.
    """
    asked = {name: value for name, value in ask.query.items() if value and name != "fields"}
    limit = asked.get("limit", "")
    if limit.isascii() and limit.isdecimal() and len(limit) < 10 and int(limit) > LONGEST:
        asked["limit"] = str(LONGEST)
    return usual | asked


async def by_id(ask: Ask, path: str, ids: Iterable[str | None]) -> dict[str, Record]:
    """The records with these ids, the first `MOST` of them, by id."""
    return {each["id"]: each for each in await among(ask, path, "id", ids)}


async def among(ask: Ask, path: str, name: str, values: Iterable[str | None], **more: Any) -> list[Record]:
    """The records whose field `name` has one of these values, of which the first `MOST` count."""
    wanted = [each for each in dict.fromkeys(values) if each is not None][:MOST]
    if not wanted:
        return []
    found = await ask.page(path, limit=4 * MOST, **{f"{name}[in]": wanted}, **more)
    return found.items


def id_in(path: str) -> str:
    """The id in the path of a record."""
    return path.rpartition("/")[2]


async def titles(ask: Ask, subjects: Iterable[str]) -> dict[str, str]:
    """What things are called, by their paths; those that are not there, or have no name, are left out."""
    wanted: dict[str, list[str]] = {}
    for subject in subjects:
        wanted.setdefault(subject.rpartition("/")[0], []).append(id_in(subject))
    found: dict[str, str] = {}
    for path, name in (("/songs", "title"), ("/albums", "title"), ("/artists", "name"), ("/users", "name")):
        records = await by_id(ask, path, wanted.get(path, ()))
        found |= {
            f"{path}/{id}": record.get("display_name") or record[name] for id, record in records.items()
        }
    return found
