"""Rights: what a service knows of its callers beyond what they say of themselves."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

from msgspec import structs

from antiphon.access import Caller, Membership, access_of
from antiphon.errors import NotSignedIn
from antiphon.log import Change
from antiphon.queries import Query, simple_query
from antiphon.resources import Declaration


class Reads(Protocol):
    """A snapshot, or what a transaction sees."""

    def page(self, query: Query[Any], limit: int | None) -> list[bytes]: ...


class Rows(Reads, Protocol):
    """What a transaction sees."""

    def fetch(self, declaration: Declaration[Any], id: str) -> bytes | None: ...


class Rights:
    """Groups that callers have by records of `membership`, and sessions that are over by `revocations`.

    A record of `revocations` has the id of the session that it ends. All of it runs on one event loop.
    """

    def __init__(
        self, membership: Membership | None = None, revocations: Declaration[Any] | None = None
    ) -> None:
        self.membership = membership
        self.revocations = revocations
        self.ended_elsewhere: Callable[[str], bool] = lambda session: False
        """Whether a session is over by what another process wrote, and this one has not handed out yet."""
        self._over: set[str] = set()
        self._open: dict[str, set[asyncio.Future[str]]] = {}

    def over(self, reads: Reads) -> set[str]:
        """The sessions that are over in what `reads` sees."""
        if self.revocations is None:
            return set()
        stored = reads.page(simple_query(self.revocations.resource), None)
        return {self.revocations.decode(each).id for each in stored}

    def learn(self, over: set[str]) -> None:
        """Learn which sessions are over; their streams end."""
        self._over |= over
        for session in over & self._open.keys():
            self._end_all(session)

    def note(self, changes: list[Change[Any]]) -> None:
        """Learn which sessions are over from now on; their streams end."""
        for change in changes:
            if self.revocations is None or change.resource != self.revocations.path:
                continue
            if change.kind == "removed":
                self._over.discard(change.id)
                continue
            self._over.add(change.id)
            self._end_all(change.id)

    def require_open(self, who: Caller) -> None:
        """Refuse one whose session is over; raises `NotSignedIn`."""
        if who.session is None:
            return
        if who.session in self._over or self.ended_elsewhere(who.session):
            raise _over()

    def require_open_in(self, who: Caller, rows: Rows) -> None:
        """The same in a transaction: nothing is written for a session after the record that ended it."""
        if self.revocations is None or who.session is None:
            return
        if rows.fetch(self.revocations, who.session) is not None:
            raise _over()

    def bound(self, who: Caller, stream: "asyncio.Future[str]") -> None:
        """End a stream ("expired") when its caller's session does."""
        if who.expires is not None:
            timer = asyncio.get_running_loop().call_later(max(0, who.expires - time.time()), _end, stream)
            stream.add_done_callback(lambda _: timer.cancel())
        if (session := who.session) is not None:
            fellows = self._open.setdefault(session, set())
            fellows.add(stream)
            stream.add_done_callback(lambda _: self._forget(session, stream))
            if session in self._over:
                _end(stream)

    def known(self, who: Caller, reads: Reads) -> Caller:
        """The caller, with the groups that it has in what `reads` sees."""
        if self.membership is None or who.id is None:
            return who
        return self.with_groups(who, reads.page(self.membership.of(who.id), None))

    def with_groups(self, who: Caller, memberships: list[bytes]) -> Caller:
        """The caller, with the groups that its stored memberships lead to."""
        assert self.membership is not None
        return structs.replace(who, groups=who.groups | self.membership.groups(memberships))

    def turns(self, who: Caller, *declarations: Declaration[Any]) -> bool:
        """Whether what the caller may read of these may become another while it follows."""
        if self.membership is None or who.id is None:
            return False
        return any(access_of(each).read.by_group for each in declarations)

    def _end_all(self, session: str) -> None:
        for stream in list(self._open.get(session, ())):
            _end(stream)

    def _forget(self, session: str, stream: "asyncio.Future[str]") -> None:
        fellows = self._open[session]
        fellows.discard(stream)
        if not fellows:
            del self._open[session]


def _over() -> NotSignedIn:
    return NotSignedIn("Your session is over.", "Sign in again.")


def _end(stream: "asyncio.Future[str]") -> None:
    if not stream.done():
        stream.set_result("expired")
