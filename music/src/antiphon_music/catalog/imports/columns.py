"""Which column of a table holds what, by names that such columns usually have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...naming import key
from .table import Unusable

Names = Mapping[str, tuple[str, ...]]
"""The names that columns have, by the field that they hold.

In order: the first name that a table has is taken, and a column is taken once.
"""

SONGS: Names = {
    "id": ("id", "songid", "trackid", "uniqueid", "uri", "trackuri"),
    "title": (
        "title", "songtitle", "tracktitle", "trackname", "songname", "song", "name", "songclean", "track",
    ),
    "artist": (
        "trackartist", "trackartists", "artistname", "artistnames", "artists", "artist", "performer",
        "performers", "artistclean", "band", "interpret",
    ),
    "album": ("album", "albumtitle", "albumname", "release", "releasetitle", "record"),
    "album_artist": ("albumartist", "albumartists", "releaseartist", "artist"),
    "genre": ("genre", "genres", "maingenre", "category"),
    "length": (
        "length", "duration", "seconds", "lengths", "durations", "lengthseconds", "durationseconds",
        "milliseconds", "durationms", "lengthms", "trackdurationms", "ms", "playtime",
    ),
    "year": ("releaseyear", "year", "releasedate", "albumreleasedate", "originaldate", "released", "date"),
    "track": ("tracknumber", "trackno", "tracknum", "track", "no", "number"),
    "disc": ("disc", "discnumber", "disk", "disknumber"),
}  # fmt: skip

# What a row that another refers to says is of its album, never of the song itself.
_JOINED = {
    "album": ("album", "albumtitle", "albumname", "release", "releasetitle", "record", "title", "name"),
    "album_artist": ("albumartist", "albumartists", "releaseartist", "artist", "artists", "artistname"),
    "genre": SONGS["genre"],
    "year": SONGS["year"],
}


def assign(
    own: Iterable[str],
    joined: Iterable[str] = (),
    *,
    chosen: Mapping[str, str] | None = None,
    keys: Iterable[str] = (),
    names: Names = SONGS,
) -> dict[str, str]:
    """The column for each field that has one.

    `own` are the table's columns, `joined` those of a table it refers to; `keys` are columns that only refer.
    `names` are what columns of the table may be called.
    `chosen` are the user's: field to column, with an empty column for a field that is to stay empty.

    Raises:
        Unusable: a chosen field or column doesn't exist, or no column holds titles.
    """
    chosen = dict(chosen or {})
    mine = list(own)
    theirs = [column for column in joined if column not in mine]
    for field, column in chosen.items():
        if field not in names:
            raise Unusable(f"There is no field {field!r} to map to; there are {', '.join(names)}.")
        if column and column not in mine and column not in theirs:
            raise Unusable(f"There is no column {column!r}; there are {', '.join([*mine, *theirs])}.")
    result = {field: column for field, column in chosen.items() if column}
    taken = {*result.values(), *keys}
    for columns, aliases in ((mine, names), (theirs, _JOINED)):
        known: dict[str, str] = {}
        for column in columns:
            if column not in taken:
                known.setdefault(_bare(column), column)
        for field, usual in aliases.items():
            if field in result or field in chosen:
                continue
            name = next((name for name in usual if name in known), None)
            if name is not None:
                result[field] = known.pop(name)
    if "title" not in result:
        raise Unusable(
            f"No column holds titles; there are {', '.join([*mine, *theirs])}. Say which: --map title=COLUMN."
        )
    return result


def _bare(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key(column))
