"""The caller: who is asking."""

from msgspec import Struct


class Caller(Struct, frozen=True):
    """Who is asking; `id` is None for one who has not said.

    `session` names what it signed in with: a session, or a key; `expires` (Unix time, seconds) is when that
    ends. None: it is not one that ends.
    """

    id: str | None = None
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    session: str | None = None
    expires: float | None = None


ANYONE = Caller()
SERVICE = "service"
"""The role of other services of one's own: they are told who made a change, and why, to react to it."""
