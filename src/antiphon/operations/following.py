"""Following as a caller: a query, or the log, as it may see them at each position."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Protocol

from antiphon.access import Caller, sight
from antiphon.live import Batch, Follower, QueryView, View
from antiphon.operations.turning import (
    Ended,
    ReadsLog,
    differ_in_log,
    differ_in_query,
    follow_turning,
    new_ended,
)
from antiphon.operations.window import follow_window
from antiphon.queries import Query


class Follows(ReadsLog, Protocol):
    """A service, as far as following needs one."""

    def follow(
        self,
        view: View,
        number: int,
        follower: Follower | None = None,
        ended: Ended | None = None,
        member: str | None = None,
    ) -> AsyncIterator[Batch]: ...


def follow_query(
    query: Query[Any],
    number: int,
    who: Caller,
    service: Follows,
    follower: Follower | None,
    ended: Ended | None,
    turned: bool,
) -> AsyncIterator[Batch]:
    """What `who` may see of a query, after a position; with a window, what enters and leaves its first N.

    `follower` joins the live part, if the stream needs nothing more than that; see `operations.follow`. If
    it was "turned" then, the stream goes on at that number with `turned`.
    """

    def begin(seen: Caller, after: int, end: Ended | None) -> AsyncIterator[Batch]:
        restricted = sight(query.declaration, seen).restrict(query)
        if restricted.limit is not None:
            return follow_window(restricted, after, service, end, member)
        return service.follow(QueryView(restricted), after, follower, end, member)

    member = who.id if service.rights.turns(who, query.declaration) else None
    if member is None:
        return begin(who, number, ended)
    differ = partial(differ_in_query, query, service=service)
    return follow_turning(begin, differ, number, who, service, ended or new_ended(), turned)


def follow_log(
    view_of: Callable[[Caller], View],
    number: int,
    who: Caller,
    service: Follows,
    follower: Follower | None,
    ended: Ended | None,
    turned: bool,
) -> AsyncIterator[Batch]:
    """The log after a position, through the view that a caller has of it; the rest as in `follow_query`."""

    def begin(seen: Caller, after: int, end: Ended | None) -> AsyncIterator[Batch]:
        return service.follow(view_of(seen), after, follower, end, member)

    member = who.id if service.rights.turns(who, *service.declarations) else None
    if member is None:
        return begin(who, number, ended)
    differ = partial(differ_in_log, view_of, service=service)
    return follow_turning(begin, differ, number, who, service, ended or new_ended(), turned)
