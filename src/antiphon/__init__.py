"""Antiphon: hybrid APIs that can be asked and can tell."""

from antiphon import errors
from antiphon.access import (
    Access,
    Caller,
    Issuer,
    Membership,
    Slowdown,
    Tokens,
    anyone,
    group,
    nobody,
    role,
    signed_in,
    where,
)
from antiphon.application import Application, Connection, Services, serve
from antiphon.client import Client
from antiphon.errors import AntiphonError
from antiphon.faces.html import Ask, Asked, Pages
from antiphon.log import Change, Position
from antiphon.operations import Transaction
from antiphon.operations.react import Reaction, react
from antiphon.resources import Ref, Resource, action, caller, field
from antiphon.server.callers import Callers
from antiphon.server.cookies import refuse_other_sites, session_cookie
from antiphon.server.requests import caller_of
from antiphon.server.takes import takes
from antiphon.settings import Settings

__all__ = [
    "Access",
    "AntiphonError",
    "Application",
    "Ask",
    "Asked",
    "Caller",
    "Callers",
    "Change",
    "Client",
    "Connection",
    "Issuer",
    "Membership",
    "Pages",
    "Position",
    "Reaction",
    "Ref",
    "Resource",
    "Services",
    "Settings",
    "Slowdown",
    "Tokens",
    "Transaction",
    "action",
    "anyone",
    "caller",
    "caller_of",
    "errors",
    "field",
    "group",
    "nobody",
    "react",
    "refuse_other_sites",
    "role",
    "serve",
    "session_cookie",
    "signed_in",
    "takes",
    "where",
]
