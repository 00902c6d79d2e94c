"""Policies: filters over record and caller, declared once."""

from typing import Any

from msgspec import Struct, structs

from antiphon.access.caller import Caller
from antiphon.errors import AntiphonError, DeclarationError, nearest
from antiphon.queries import EVERYTHING, And, Compare, Filter, Or, equals
from antiphon.resources import CallerValue, Declaration

NOTHING = Or()
GROUPS = CallerValue("groups")


class Policy(Struct, frozen=True):
    """Who may, as a filter: `for_caller` gives the records that a caller may.

    Policies combine: `signed_in & where(public=True)`, `role("editor") | where(author=caller.id)`.
    """

    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        """The records of a resource that `who` may; `EVERYTHING` or `NOTHING` if it comes to that."""
        raise NotImplementedError

    def __or__(self, other: "Policy") -> "Policy":
        return _AnyOf((self, other))

    def __and__(self, other: "Policy") -> "Policy":
        return _AllOf((self, other))

    @property
    def by_group(self) -> bool:
        """Whether it asks for the caller's groups."""
        return False

    def of_groups(self, declaration: Declaration[Any], groups: frozenset[str]) -> Filter:
        """The records for which it may matter whether a caller is in one of `groups`."""
        return NOTHING


class _Everyone(Policy, frozen=True):
    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        return EVERYTHING


class _Nobody(Policy, frozen=True):
    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        return NOTHING


class _SignedIn(Policy, frozen=True):
    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        return NOTHING if who.id is None else EVERYTHING


class _Has(Policy, frozen=True):
    attribute: str
    name: str

    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        return EVERYTHING if self.name in getattr(who, self.attribute) else NOTHING

    @property
    def by_group(self) -> bool:
        return self.attribute == "groups"

    def of_groups(self, declaration: Declaration[Any], groups: frozenset[str]) -> Filter:
        return EVERYTHING if self.by_group and self.name in groups else NOTHING


class _Where(Policy, frozen=True):
    terms: tuple[tuple[str, Any], ...]

    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        found: list[Filter] = []
        for name, value in self.terms:
            if not isinstance(value, CallerValue):
                found.append(equals(declaration, name, value))
            elif value.attribute == "id":
                if who.id is None:
                    return NOTHING
                found.append(equals(declaration, name, who.id))
            else:  # none is not the same as nobody: who joins a group sees more at once
                held = tuple(sorted(getattr(who, value.attribute)))
                found.append(Compare(declaration.by_name[name], "in", held))
        return found[0] if len(found) == 1 else And(tuple(found))

    @property
    def by_group(self) -> bool:
        return any(value == GROUPS for _, value in self.terms)

    def of_groups(self, declaration: Declaration[Any], groups: frozenset[str]) -> Filter:
        held = tuple(sorted(groups))
        names = (name for name, value in self.terms if value == GROUPS)
        return Or(tuple(Compare(declaration.by_name[name], "in", held) for name in names))


class _AnyOf(Policy, frozen=True):
    policies: tuple[Policy, ...]

    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        found = [each.for_caller(declaration, who) for each in self.policies]
        if EVERYTHING in found:
            return EVERYTHING
        some = tuple(each for each in found if each != NOTHING)
        return some[0] if len(some) == 1 else Or(some)

    @property
    def by_group(self) -> bool:
        return any(each.by_group for each in self.policies)

    def of_groups(self, declaration: Declaration[Any], groups: frozenset[str]) -> Filter:
        found = tuple(each.of_groups(declaration, groups) for each in self.policies)
        return EVERYTHING if EVERYTHING in found else Or(found)


class _AllOf(_AnyOf, frozen=True):
    def for_caller(self, declaration: Declaration[Any], who: Caller) -> Filter:
        found = [each.for_caller(declaration, who) for each in self.policies]
        if NOTHING in found:
            return NOTHING
        some = tuple(each for each in found if each != EVERYTHING)
        return some[0] if len(some) == 1 else And(some)


anyone: Policy = _Everyone()
"""Everyone, known or not."""
nobody: Policy = _Nobody()
"""No client; the application's own code may all the same."""
signed_in: Policy = _SignedIn()
"""Whoever has said who it is."""


def role(name: str) -> Policy:
    """Callers that have the role `name`."""
    return _Has("roles", name)


def group(name: str) -> Policy:
    """Callers that are in the group `name`."""
    return _Has("groups", name)


def where(**equals: Any) -> Policy:
    """Records whose fields equal these: `where(author=caller.id)`; `caller.groups`: any of these."""
    return _Where(tuple(equals.items()))


class Access(Struct, frozen=True):
    """Who may read, create, update and delete the records of a resource, and run its actions.

    `create` is asked of the record as it would be; `update` of the record as it is and as it would be.
    `act` is asked of the record; without it, `update` is. What the application's own code does in actions
    and reactions is not asked of anyone.
    """

    read: Policy = anyone
    create: Policy = anyone
    update: Policy = anyone
    delete: Policy = anyone
    act: Policy | None = None


OPEN = Access()


def access_of(declaration: Declaration[Any]) -> Access:
    """What a resource declares; without that, everyone may do all."""
    found: Access | None = declaration.resource.access
    return OPEN if found is None else found


def is_private(declaration: Declaration[Any]) -> bool:
    """Whether no client may do anything with a resource: it is the application's own."""
    return all(policy in (nobody, None) for policy in structs.astuple(access_of(declaration)))


def check_access(declaration: Declaration[Any]) -> None:
    """Refuse an access that cannot work; raises `DeclarationError`."""
    access: Any = declaration.resource.access
    if access is None:
        return
    if not isinstance(access, Access):
        raise DeclarationError(
            f"{declaration.name}.access is {access!r}.",
            "Write access = Access(read=anyone, create=signed_in).",
        )
    for operation in access.__struct_fields__:
        policy: Any = getattr(access, operation)
        if policy is None and operation == "act":
            continue
        if not isinstance(policy, Policy):
            raise DeclarationError(
                f"{declaration.name}.access has {operation}={policy!r}, which is no policy.",
                "Write anyone, nobody, signed_in, role(...), group(...) or where(...).",
            )
        _check(declaration, operation, policy)


def _check(declaration: Declaration[Any], operation: str, policy: Policy) -> None:
    if isinstance(policy, _AnyOf):
        for each in policy.policies:
            _check(declaration, operation, each)
    if not isinstance(policy, _Where):
        return
    said = f"{declaration.name}.access has {operation}=where(...)"
    if not policy.terms:
        raise DeclarationError(f"{said} with nothing in it.", "Name a field, or write anyone.")
    for name, value in policy.terms:
        field = declaration.by_name.get(name)
        if field is None:
            raise DeclarationError(f"{said} with {name!r}.", nearest(name, list(declaration.by_name)))
        if isinstance(value, CallerValue):
            if field.kind != "text" or field.options.folded:
                raise DeclarationError(
                    f"{said}, and {name} is {'folded' if field.options.folded else 'not a text'}.",
                    "What callers have are texts, and compared as they are.",
                )
            continue
        try:
            equals(declaration, name, value)
        except AntiphonError as error:
            raise DeclarationError(f"{said}: {error.detail}", error.hint) from None
