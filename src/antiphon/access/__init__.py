"""Who is asking."""

from antiphon.access.caller import ANYONE, Caller

__all__ = ["ANYONE", "Caller"]
