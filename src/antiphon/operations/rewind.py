"""Rewinding: what a query's records were at a position that is past."""

from typing import Any, Protocol

from antiphon.log import Change, Position, gone
from antiphon.operations.interfaces import Snapshot
from antiphon.operations.read import Reader
from antiphon.queries import Query, compile_matches

PIECE = 1000


class Rewinds(Protocol):
    """A service, as far as rewinding needs one."""

    reader: Reader
    incarnation: str


async def page_and_since(
    query: Query[Any], size: int | None, number: int, service: Rewinds
) -> tuple[list[bytes], list[Change[Any]]]:
    """The first `size` stored records of `query`, and its resource's changes after `number`, newest first.

    Undone in that order, they lead back to the position. Both are of one snapshot.

    Raises:
        PositionGone: the log no longer reaches back so far.
    """

    def work(snapshot: Snapshot) -> tuple[list[bytes], list[Change[Any]], int]:
        stored = snapshot.page(query, size)
        changes: list[Change[Any]] = []
        after = number
        while piece := snapshot.changes(after, PIECE):
            after = piece[-1].number
            changes += (change for change in piece if change.resource == query.declaration.path)
        return stored, changes, snapshot.oldest

    stored, changes, oldest = await service.reader.run(work)
    if oldest > number + 1:
        raise gone(Position(service.incarnation, number), oldest, service.incarnation)
    return stored, changes[::-1]


async def records_at(query: Query[Any], number: int, service: Rewinds) -> dict[str, bytes]:
    """All stored records of `query` as they were at `number`, by id; raises `PositionGone`."""
    matches = compile_matches(query.filter)
    stored, changes = await page_and_since(query, None, number, service)
    found = {query.declaration.decode(each).id: each for each in stored}
    for change in changes:
        if change.before is not None and matches(change.before):
            assert change.before_json is not None
            found[change.id] = change.before_json
        else:
            found.pop(change.id, None)
    return found
