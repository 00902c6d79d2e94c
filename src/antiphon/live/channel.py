"""Channels: what all followers of one query share."""

from collections.abc import Hashable, Iterable
from typing import Any, Protocol

from antiphon.live.events import Batch, Event
from antiphon.log import Change
from antiphon.queries import Query, Selection, compile_matches, identity, needed
from antiphon.resources import Field


class View(Protocol):
    """What a follower wants to see of a log. Equal keys see the same."""

    @property
    def key(self) -> Hashable: ...

    @property
    def resource(self) -> str | None:
        """The path of the only resource whose changes concern it; None for all."""

    @property
    def needed(self) -> tuple[Field, str] | None:
        """A field, and what it holds in each record of which it sees a change; None if that differs."""

    def see(self, change: Change[Any]) -> Event | None:
        """What `change` means here; None if nothing."""


class QueryView:
    """A `View` of the records that match a filter: which enter, change in, and leave it."""

    def __init__(self, query: Query[Any]) -> None:
        self.resource: str | None = query.declaration.path
        self.key: Hashable = (self.resource, identity(query.filter), query.fields)
        self.needed = needed(query.filter)
        self._matches = compile_matches(query.filter)
        self._cut = None if query.fields is None else Selection(query.fields)

    def see(self, change: Change[Any]) -> Event | None:
        before, after = change.before, change.after
        was = before is not None and self._matches(before)
        if after is not None and self._matches(after):
            assert change.after_json is not None
            body = change.after_json if self._cut is None else self._cut(change.after_json)
            return Event("changed" if was else "added", body, change.number)
        if was:
            return Event("removed", removed_body(change.id, change.number), change.number)
        return None


def removed_body(id: str, number: int) -> bytes:
    """All that is told of a record that leaves; ids hold nothing that JSON escapes."""
    return b'{"id":"%b","revision":%d}' % (id.encode(), number)


def batch_of(view: View, changes: Iterable[Change[Any]], number: int) -> Batch:
    """What `changes`, of any resource, mean to `view`; empty if nothing."""
    resource = view.resource
    concerned = (change for change in changes if resource is None or change.resource == resource)
    return Batch([event for change in concerned if (event := view.see(change)) is not None], number)
