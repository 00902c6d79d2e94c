"""The caller: who is asking."""

from msgspec import Struct


class Caller(Struct, frozen=True):
    """Who is asking; `id` is None for one who has not said."""

    id: str | None = None
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


ANYONE = Caller()
