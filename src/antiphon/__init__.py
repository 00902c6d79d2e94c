"""Antiphon: hybrid APIs that can be asked and can tell."""

from antiphon import errors
from antiphon.access import (
    Access,
    Caller,
    Membership,
    anyone,
    group,
    nobody,
    role,
    signed_in,
    where,
)
from antiphon.application import Application, Connection, serve
from antiphon.client import Client
from antiphon.errors import AntiphonError
from antiphon.log import Change, Position
from antiphon.operations import Transaction
from antiphon.operations.react import Reaction, react
from antiphon.resources import Ref, Resource, action, caller, field
from antiphon.settings import Settings

__all__ = [
    "Access",
    "AntiphonError",
    "Application",
    "Caller",
    "Change",
    "Client",
    "Connection",
    "Membership",
    "Position",
    "Reaction",
    "Ref",
    "Resource",
    "Settings",
    "Transaction",
    "action",
    "anyone",
    "caller",
    "errors",
    "field",
    "group",
    "nobody",
    "react",
    "role",
    "serve",
    "signed_in",
    "where",
]
