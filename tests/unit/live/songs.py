"""Changes of songs, and views of them."""

from typing import Any

from tests.unit.queries.songs import SONGS, Song

from antiphon.live import QueryView
from antiphon.log import Change
from antiphon.queries import Filter, Query


def view_of(filter: Filter) -> QueryView:
    """The view of the songs that match."""
    return QueryView(Query(SONGS, filter))


def change(before: Song | None, after: Song | None, number: int = 1) -> Change[Any]:
    """The entry that leads from one to the other."""
    id = (after or before or Song(title="", id="nothing")).id
    kind: Any = "added" if before is None else "removed" if after is None else "changed"
    stored = [None if each is None else SONGS.encode(each) for each in (before, after)]
    return Change((number, "", SONGS.path, id, kind, *stored, None, None, None), SONGS.decode)
