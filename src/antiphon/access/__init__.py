"""Who is asking, how that is known, and what it may."""

from antiphon.access.caller import ANYONE, SERVICE, Caller
from antiphon.access.issuer import Issuer
from antiphon.access.keys import PUBLISHED_AHEAD, Keys
from antiphon.access.membership import Membership
from antiphon.access.policy import (
    Access,
    Policy,
    access_of,
    anyone,
    check_access,
    group,
    is_private,
    nobody,
    role,
    signed_in,
    where,
)
from antiphon.access.sight import Sight, refusal, sight
from antiphon.access.signed import issuer_of
from antiphon.access.slowdown import Slowdown, network_of
from antiphon.access.tokens import Tokens
from antiphon.access.verifier import KEY, TOKEN, Verifier

__all__ = [
    "ANYONE",
    "KEY",
    "PUBLISHED_AHEAD",
    "SERVICE",
    "TOKEN",
    "Access",
    "Caller",
    "Issuer",
    "Keys",
    "Membership",
    "Policy",
    "Sight",
    "Slowdown",
    "Tokens",
    "Verifier",
    "access_of",
    "anyone",
    "check_access",
    "group",
    "is_private",
    "issuer_of",
    "network_of",
    "nobody",
    "refusal",
    "role",
    "sight",
    "signed_in",
    "where",
]
