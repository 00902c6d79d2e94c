"""Membership: groups that are records."""

from collections.abc import Iterable
from typing import Any

from antiphon.errors import DeclarationError, nearest
from antiphon.log import Change
from antiphon.queries import Query, simple_query
from antiphon.resources import Declaration, Resource, declare


class Membership:
    """Makes a caller's groups of the records of `resource`: of those whose field `member` is its id, what
    their field `group` holds.

    `Membership(Follow, member="follower", group="subject")`: who follows a subject is in the group named
    so. Who joins or leaves a group sees more or less at once, on open streams too.

    Raises:
        DeclarationError: a field is not there, or is not a text.
    """

    def __init__(self, resource: type[Resource], *, member: str, group: str) -> None:
        self.declaration: Declaration[Any] = declare(resource)
        self.path = self.declaration.path
        for name in (member, group):
            field = self.declaration.by_name.get(name)
            if field is None or field.kind != "text":
                raise DeclarationError(
                    f"The membership names {resource.__name__}.{name}, which is not a text there.",
                    nearest(name, list(self.declaration.by_name)),
                )
        if not any(names[0] == member for names in (*self.declaration.indexes, *self.declaration.uniques)):
            raise DeclarationError(
                f"{resource.__name__}.{member} has no index, and is looked for at each request.",
                f"Write {member}: str = field(index=True), or name it first in `uniques`.",
            )
        self._resource = resource
        self._member = member
        self._group = group

    def of(self, member: str) -> Query[Any]:
        """The query for a caller's memberships."""
        return simple_query(self._resource, "", {self._member: member})

    def groups(self, stored: Iterable[bytes]) -> frozenset[str]:
        """The groups that stored records of it lead to."""
        decode = self.declaration.decode
        found = (getattr(decode(each), self._group) for each in stored)
        return frozenset(group for group in found if group is not None)

    def concerned(self, change: Change[Any]) -> set[str]:
        """The callers whose groups a change may touch."""
        if change.resource != self.path:
            return set()
        found = (
            getattr(record, self._member) for record in (change.before, change.after) if record is not None
        )
        return {member for member in found if member is not None}
