"""Views: what a follower wants to see of a log."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol

from antiphon.live.events import Batch, Event
from antiphon.log import Change
from antiphon.queries import Filter, Query, Selection, compile_matches, identity


class View(Protocol):
    """What a follower wants to see of a log. Equal keys see the same."""

    @property
    def key(self) -> Hashable: ...

    @property
    def concerns(self) -> Sequence[tuple[str, Filter]]:
        """The paths of the resources of whose changes it may see some, each with a filter that the record
        matches, before or after, in each change that it sees."""

    def see(self, change: Change[Any]) -> Event | None:
        """What `change`, of one of those resources, means here; None if nothing."""


class QueryView:
    """A `View` of the records that match a filter: which enter, change in, and leave it."""

    __slots__ = ("_cut", "_fields", "_matches", "concerns", "key")

    def __init__(self, query: Query[Any]) -> None:
        path = query.declaration.path
        self.key: Hashable = (path, identity(query.filter), query.fields)
        self.concerns: Sequence[tuple[str, Filter]] = ((path, query.filter),)
        self._matches = compile_matches(query.filter)
        self._fields = query.fields
        self._cut: Selection | None = None

    def see(self, change: Change[Any]) -> Event | None:
        before, after = change.before, change.after
        was = before is not None and self._matches(before)
        if after is not None and self._matches(after):
            kind = "changed" if was else "added"
        elif was:
            kind = "removed"
        else:
            return None
        event: Event | None = change.shared.get((kind, self._fields))
        if event is None:
            event = change.shared[kind, self._fields] = Event(kind, self._body(change, kind), change.number)
        return event

    def _body(self, change: Change[Any], kind: str) -> bytes:
        if kind == "removed":
            return removed_body(change.id, change.number)
        assert change.after_json is not None
        if self._fields is None:
            return change.after_json
        if self._cut is None:  # most views never see a change
            self._cut = Selection(self._fields)
        return self._cut(change.after_json)


def removed_body(id: str, number: int) -> bytes:
    """All that is told of a record that leaves; ids hold nothing that JSON escapes."""
    return b'{"id":"%b","revision":%d}' % (id.encode(), number)


def batch_of(view: View, changes: Iterable[Change[Any]], number: int) -> Batch:
    """What `changes`, of any resource, mean to `view`; empty if nothing."""
    paths = {path for path, _ in view.concerns}
    concerned = (change for change in changes if change.resource in paths)
    return Batch([event for change in concerned if (event := view.see(change)) is not None], number)
