"""Who is asking, and what it may."""

from antiphon.access.caller import ANYONE, Caller
from antiphon.access.membership import Membership
from antiphon.access.policy import (
    Access,
    Policy,
    access_of,
    anyone,
    check_access,
    group,
    nobody,
    role,
    signed_in,
    where,
)
from antiphon.access.sight import Sight, refusal, sight

__all__ = [
    "ANYONE",
    "Access",
    "Caller",
    "Membership",
    "Policy",
    "Sight",
    "access_of",
    "anyone",
    "check_access",
    "group",
    "nobody",
    "refusal",
    "role",
    "sight",
    "signed_in",
    "where",
]
