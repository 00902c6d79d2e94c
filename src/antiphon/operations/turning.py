"""Following while what one may see turns: its groups become others, as of one position."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol

from antiphon.access import Caller, Sight, access_of, sight
from antiphon.live import Batch, Event, View
from antiphon.log import Change, Position
from antiphon.operations.rewind import Rewinds, records_at
from antiphon.operations.rights import Rights
from antiphon.operations.window import difference, window_at
from antiphon.queries import And, Compare, Or, Query
from antiphon.resources import Declaration

Ended = asyncio.Future[str]
Begin = Callable[[Caller, int, Ended], AsyncIterator[Batch]]
"""Follow as a caller, from a number on, until a turn or until one completes the future."""
Differ = Callable[[Caller, Caller, int], Awaitable[Batch]]
"""What turns at a number, for one who was one caller and is the other."""


SLICE = 500
SCANNED = 20_000


class Turns(Rewinds, Protocol):
    """A service whose callers have groups."""

    rights: Rights


class ReadsLog(Turns, Protocol):
    """The same, with a log to be read."""

    declarations: tuple[Declaration[Any], ...]

    async def changes(self, after: int, limit: int) -> tuple[list[Change[Any]], Position]: ...


async def follow_turning(
    begin: Begin, differ: Differ, number: int, who: Caller, service: Turns, ended: Ended
) -> AsyncIterator[Batch]:
    """Batches after the position `number` as `who` may see them, groups being what they are at each.

    Where they become others, what is out of sight from there on leaves as "removed", and what came into
    sight enters as "added", at the position of the change that made it so.

    Raises:
        PositionGone: the log no longer reaches back far enough.
    """
    seen = await _caller_at(number, who, service)
    while True:
        inner = _linked(ended)
        async with aclosing(begin(seen, number, inner)) as batches:  # type: ignore[type-var]
            async for batch in batches:
                if batch.turned:
                    number = batch.number
                    break
                yield batch
            else:
                if not ended.done() and inner.done():
                    ended.set_result(inner.result())
                return
        before, seen = seen, await _caller_at(number, who, service)
        yield await differ(before, seen, number)


async def log_since(
    view_of: Callable[[Caller], View], number: int, who: Caller, limit: int, service: "ReadsLog"
) -> tuple[list[Event], int]:
    """Up to `limit` events of the log after `number`, as `who` may see it, and the number they lead to.

    It looks at `SCANNED` entries at the most; what comes behind them is for the next time.

    Raises:
        PositionGone: the log no longer reaches back far enough.
    """
    member = who.id if service.rights.turns(who, *service.declarations) else None
    view = view_of(who if member is None else await _caller_at(number, who, service))
    turning = service.rights.membership
    found: list[Event] = []
    scanned = number
    while len(found) < limit and scanned < number + SCANNED:
        changes, newest = await service.changes(scanned, SLICE)
        for change in changes:
            if len(found) == limit:
                break
            scanned = change.number
            if (event := view.see(change)) is not None:
                found.append(event)
            if member is not None and turning is not None and member in turning.concerned(change):
                view = view_of(await _caller_at(scanned, who, service))
        if scanned >= newest.number:
            break
    return found, scanned


async def differ_nowhere(before: Caller, after: Caller, number: int) -> Batch:
    """A log tells what happens: nothing did to what came into sight, or left it."""
    return Batch([], number)


async def differ_in_query(
    query: Query[Any], before: Caller, after: Caller, number: int, service: Turns
) -> Batch:
    """What enters and leaves `query`, or its window, for one whose groups become others at `number`."""
    declaration = query.declaration
    was, now = sight(declaration, before), sight(declaration, after)
    if was is now:
        return Batch([], number)
    if query.limit is not None:
        left = await window_at(was.restrict(query), number, service)
        entered = await window_at(now.restrict(query), number, service)
        return Batch(difference(now.restrict(query), left.top, entered.top, number), number)
    concerned = _concerned(query, before.groups ^ after.groups)
    records = await records_at(concerned, number, service)
    return Batch(_events(was, now, query, records, number), number)


def _concerned(query: Query[Any], groups: frozenset[str]) -> Query[Any]:
    """The records of `query` that are in or out of sight for being of one of `groups`."""
    declaration = query.declaration
    fields = access_of(declaration).read.by_group
    named = Or(tuple(Compare(declaration.by_name[name], "in", tuple(sorted(groups))) for name in fields))
    return Query(declaration, And((query.filter, named)), query.order)


def _events(was: Sight, now: Sight, query: Query[Any], records: dict[str, bytes], number: int) -> list[Event]:
    left, entered = {}, {}
    for id, stored in records.items():
        record = query.declaration.decode(stored)
        if was.sees(record) and not now.sees(record):
            left[id] = stored
        elif now.sees(record) and not was.sees(record):
            entered[id] = stored
    return difference(now.restrict(query), left, entered, number)


async def _caller_at(number: int, who: Caller, service: Turns) -> Caller:
    membership = service.rights.membership
    assert membership is not None
    assert who.id is not None
    found = await records_at(membership.of(who.id), number, service)
    return service.rights.with_groups(who, list(found.values()))


def new_ended() -> Ended:
    """A future by which a stream's end is told."""
    return asyncio.get_running_loop().create_future()


def _linked(ended: Ended) -> Ended:
    """A future that is completed with `ended`, and may be completed alone."""
    inner = new_ended()

    def end(outer: Ended) -> None:
        if not inner.done():
            inner.set_result(outer.result())

    ended.add_done_callback(end)
    inner.add_done_callback(lambda _: ended.remove_done_callback(end))
    return inner
