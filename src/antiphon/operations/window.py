"""Live windows: following the first N of an order, exactly.

A window at position P is computed from the newest snapshot, some records more than asked, with the log's
changes since P undone. Records beyond the last one read are unknown; when so many have left that fewer
than N are known, it is computed anew, at the position reached.
"""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Protocol

import msgspec
from msgspec import structs

from antiphon.live import Batch, Event, QueryView, View, removed_body
from antiphon.operations.read import select
from antiphon.operations.rewind import Rewinds, page_and_since
from antiphon.queries import Key, Query, Sortable, compile_matches

SPARE = 50


class _Follows(Rewinds, Protocol):
    def follow(
        self,
        view: View,
        number: int,
        follower: None = None,
        ended: "asyncio.Future[str] | None" = None,
        member: str | None = None,
    ) -> AsyncIterator[Batch]: ...


class Window:
    """The records known at one position, in order. `top` are the first N of them, as (id, record)."""

    def __init__(self, query: Query[Any], stored: list[bytes], complete: bool) -> None:
        assert query.limit is not None
        self._limit = query.limit
        self._decode = query.declaration.decode
        self._key = Key(query.order)
        self._places: list[Sortable] = []
        self._records: list[tuple[str, bytes]] = []
        self._by_id: dict[str, Sortable] = {}
        self._last: Sortable | None = None
        for each in stored:
            self.put(each)
        if not complete and self._places:
            self._last = self._places[-1]

    @property
    def top(self) -> dict[str, bytes]:
        return dict(self._records[: self._limit])

    @property
    def exhausted(self) -> bool:
        """Whether more records may belong to the first N than are known."""
        return self._last is not None and len(self._places) < self._limit

    def put(self, stored: bytes) -> None:
        """A record as it is now."""
        record = self._decode(stored)
        self.drop(record.id)
        key = self._key.sortable(record)
        if self._last is not None and self._last < key:
            return
        place = bisect_left(self._places, key)
        self._places.insert(place, key)
        self._records.insert(place, (record.id, stored))
        self._by_id[record.id] = key

    def drop(self, id: str) -> None:
        """A record is not there (any more)."""
        key = self._by_id.pop(id, None)
        if key is not None:
            place = bisect_left(self._places, key)
            del self._places[place], self._records[place]


async def window_at(query: Query[Any], number: int, service: Rewinds) -> Window:
    """The window as it was at the position `number`; raises `PositionGone`."""
    assert query.limit is not None
    size = query.limit + SPARE
    matches = compile_matches(query.filter)
    while True:
        stored, changes = await page_and_since(query, size, number, service)
        window = Window(query, stored, complete=len(stored) < size)
        for change in changes:
            if change.before is not None and matches(change.before):
                assert change.before_json is not None
                window.put(change.before_json)
            else:
                window.drop(change.id)
        if not window.exhausted:
            return window
        size *= 2


async def follow_window(
    query: Query[Any],
    number: int,
    follows: _Follows,
    ended: "asyncio.Future[str] | None" = None,
    member: str | None = None,
) -> AsyncIterator[Batch]:
    """What enters, changes in and leaves the first N records of `query`, after the position `number`.

    One change may push one record out and let another in: only the last event of such a group carries a
    position, so that one who resumes is told the whole group.
    """
    window = await window_at(query, number, follows)
    view = QueryView(structs.replace(query, fields=None, limit=None))
    source = follows.follow(view, number, None, ended, member)
    async with aclosing(source) as batches:  # type: ignore[type-var]
        async for batch in batches:
            if batch.turned:
                yield batch
                return
            events: list[Event] = []
            for event in batch.events:
                assert event.number is not None
                before = window.top
                if event.kind == "removed":
                    window.drop(msgspec.json.decode(event.body)["id"])
                else:
                    window.put(event.body)
                if window.exhausted:
                    window = await window_at(query, event.number, follows)
                events += difference(query, before, window.top, event.number)
            yield Batch(events, batch.number)


def difference(
    query: Query[Any], before: dict[str, bytes], after: dict[str, bytes], number: int
) -> list[Event]:
    """The group of events that leads from some stored records, by id, to others; the last has the number."""
    found = [Event("removed", removed_body(id, number)) for id in before if id not in after]
    for id, stored in after.items():
        if before.get(id) != stored:
            (body,) = select(query, [stored])
            found.append(Event("changed" if id in before else "added", body))
    if found:
        found[-1] = Event(found[-1].kind, found[-1].body, number)
    return found
