"""Sight: what one caller may see of one resource."""

from functools import lru_cache
from typing import Any

from msgspec import structs

from antiphon.access.caller import SERVICE, Caller
from antiphon.access.policy import NOTHING, access_of
from antiphon.errors import Forbidden, NotSignedIn
from antiphon.log import Change, ChangeKind, Row
from antiphon.queries import EVERYTHING, And, Filter, Query, Selection, compile_matches
from antiphon.resources import Declaration

MOST_KEPT = 50
"""Roles and groups of callers whose sights are kept."""


class Sight:
    """What a caller may read of a resource: which records, and what of them.

    `filter` selects the records; `whole` tells whether they are shown as they are stored.
    """

    def __init__(self, declaration: Declaration[Any], who: Caller) -> None:
        self.declaration = declaration
        self.filter: Filter = access_of(declaration).read.for_caller(declaration, who)
        self._all = self.filter == EVERYTHING
        self._matches = compile_matches(self.filter)
        self.whole = len(declaration.shown) == len(declaration.fields)
        self._fields = tuple(field.name for field in declaration.shown)
        self._cut = Selection(self._fields)
        self._id = who.id
        self._knows_origins = SERVICE in who.roles

    def holds(self, stored: bytes) -> bool:
        """Whether the caller may see a stored record."""
        return self._all or self._matches(self.declaration.decode(stored))

    def show(self, stored: bytes) -> bytes:
        """A stored record, as clients are shown it."""
        return stored if self.whole else self._cut(stored)

    def row(self, change: Change[Any]) -> Row | None:
        """What a change means to the caller, as a log entry: one that comes into its sight is added, with
        nothing before. None if it is out of sight, before and after.

        Who made it and why it may know if it made it itself, or is a service.
        """
        before = after = None
        if (stored := change.before_json) is not None and (self._all or self._matches(change.before)):
            before = self.show(stored)
        if (stored := change.after_json) is not None and (self._all or self._matches(change.after)):
            after = self.show(stored)
        if before is None and after is None:
            return None
        kind: ChangeKind = "added" if before is None else "removed" if after is None else "changed"
        origin = change.row[7:] if self._knows_origins or change.caller == self._id else (None, None, None)
        return (*change.row[:4], kind, before, after, *origin)

    def require(self) -> None:
        """Refuse one who can see nothing here; raises `NotSignedIn`, `Forbidden`."""
        if self.filter == NOTHING:
            raise refusal(self._id is not None, f"You may not read {self.declaration.path}.")

    def restrict(self, query: Query[Any]) -> Query[Any]:
        """`query`, for the records and fields that the caller may see."""
        if self.whole and self._all:
            return query
        filter = query.filter
        if not self._all:
            filter = self.filter if filter == EVERYTHING else And((filter, self.filter))
        fields = self._fields if query.fields is None and not self.whole else query.fields
        return structs.replace(query, filter=filter, fields=fields)


def sight(declaration: Declaration[Any], who: Caller) -> Sight:
    """What `who` may see of a resource; made once for all that may see the same."""
    if len(who.roles) + len(who.groups) > MOST_KEPT:  # thousands of these would fill the memory
        return Sight(declaration, who)
    return _sight(declaration, who.id, who.roles, who.groups)


@lru_cache(maxsize=10_000)
def _sight(
    declaration: Declaration[Any], id: str | None, roles: frozenset[str], groups: frozenset[str]
) -> Sight:
    return Sight(declaration, Caller(id, roles, groups))


def refusal(known: bool, detail: str) -> NotSignedIn | Forbidden:
    """What to say to one who may not: who it is must be told first, if it is not known."""
    if known:
        return Forbidden(detail, "Ask one who may.")
    return NotSignedIn(
        detail, "Sign in, and send Authorization: Bearer TOKEN.", headers={"WWW-Authenticate": "Bearer"}
    )
