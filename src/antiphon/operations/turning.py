"""Following while what one may see turns: its groups become others, as of one position."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol

from antiphon.access import Caller, access_of, sight
from antiphon.live import Batch, Event, View
from antiphon.log import Change, Position
from antiphon.operations.rewind import Rewinds, records_at
from antiphon.operations.rights import Rights
from antiphon.operations.window import difference, window_at
from antiphon.queries import And, Query, compile_matches
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
    begin: Begin, differ: Differ, number: int, who: Caller, service: Turns, ended: Ended, turned: bool
) -> AsyncIterator[Batch]:
    """Batches after the position `number` as `who` may see them, groups being what they are at each.

    Where they become others, what is out of sight from there on leaves as "removed", and what came into
    sight enters as "added", at the position of the change that made it so. If `turned`, that one is at
    `number`: all before it has been told.

    Raises:
        PositionGone: the log no longer reaches back far enough.
    """
    seen = await _caller_at(number - turned, who, service)
    while True:
        if turned:
            before, seen = seen, await _caller_at(number, who, service)
            batch = await differ(before, seen, number)
            if ended.done():
                return
            yield batch
            turned = False
        inner = _linked(ended)
        async with aclosing(begin(seen, number, inner)) as batches:  # type: ignore[type-var]
            async for batch in batches:
                if batch.turned:
                    number, turned = batch.number, True
                    break
                yield batch
            else:
                if not ended.done() and inner.done():
                    ended.set_result(inner.result())
                return


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


async def differ_in_log(
    view_of: Callable[[Caller], View], before: Caller, after: Caller, number: int, service: ReadsLog
) -> Batch:
    """A log tells what happened, to one who could see it when it did: the change that turns, and no more."""
    (change, *_), _ = await service.changes(number - 1, 1)
    event = view_of(before).see(change)
    return Batch([] if event is None else [event], number)


async def differ_in_query(
    query: Query[Any], before: Caller, after: Caller, number: int, service: ReadsLog
) -> Batch:
    """What enters, changes in and leaves `query`, or its window, by the change at `number`, by which one who
    was the caller `before` is `after`.

    It is one group of events: who resumes within it is told the whole.
    """
    was, now = (sight(query.declaration, who).restrict(query) for who in (before, after))
    if query.limit is not None:
        left = (await window_at(was, number - 1, service)).top
        entered = (await window_at(now, number, service)).top
    else:
        concerned = _concerned(query, before.groups ^ after.groups)
        left = await records_at(concerned, number - 1, service)
        entered = await records_at(concerned, number, service)
        (change, *_), _ = await service.changes(number - 1, 1)
        if change.resource == query.declaration.path:
            for records, stored in ((left, change.before_json), (entered, change.after_json)):
                if stored is not None:
                    records[change.id] = stored
        left, entered = _matching(was, left), _matching(now, entered)
    return Batch(difference(now, left, entered, number), number)


def _concerned(query: Query[Any], groups: frozenset[str]) -> Query[Any]:
    """The records of `query` that may be in or out of sight for one who is in one of `groups`."""
    declaration = query.declaration
    theirs = access_of(declaration).read.of_groups(declaration, groups)
    return Query(declaration, And((query.filter, theirs)), query.order)


def _matching(query: Query[Any], records: dict[str, bytes]) -> dict[str, bytes]:
    matches, decode = compile_matches(query.filter), query.declaration.decode
    return {id: stored for id, stored in records.items() if matches(decode(stored))}


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
