"""Sharing: for whom a page is the same."""

from collections.abc import Hashable
from typing import Any

from antiphon.access import ANYONE, Caller
from antiphon.faces.html.parts import Part
from antiphon.resources import Declaration
from antiphon.server.requests import CALLER

Resources = tuple[tuple[Part, Declaration[Any]], ...]


def alike(scope: Any, personal: bool, resources: Resources) -> Hashable | None:
    """What those have in common who see the same of these resources; None if it may change as groups do."""
    found: list[Hashable] = []
    if personal:
        who: Caller = scope.get(CALLER, ANYONE)
        found.append((who.id, who.roles, who.groups, who.session))
    for part, declaration in resources:
        one = part.service().alike(declaration, part.caller(scope))
        if one is None:
            return None
        found.append(one)
    return tuple(found)
