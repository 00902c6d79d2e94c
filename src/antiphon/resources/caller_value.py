"""What stands, in a declaration, for whoever will ask."""

from typing import Any

from msgspec import Struct


class CallerValue(Struct, frozen=True):
    """`caller.id`, `caller.groups` or `caller.roles`; what it is is known when someone asks."""

    attribute: str


class _Caller(Struct, frozen=True):
    # Any: in a class body `author: str = field(default=caller.id)` must look like a text
    id: Any = CallerValue("id")
    groups: Any = CallerValue("groups")
    roles: Any = CallerValue("roles")


caller = _Caller()
