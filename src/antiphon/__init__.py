"""Antiphon: hybrid APIs that can be asked and can tell."""

from antiphon import errors
from antiphon.access import Caller
from antiphon.application import Application, Connection, serve
from antiphon.client import Client
from antiphon.errors import AntiphonError
from antiphon.log import Change, Position
from antiphon.operations import Transaction
from antiphon.resources import Ref, Resource, action, field
from antiphon.settings import Settings

__all__ = [
    "AntiphonError",
    "Application",
    "Caller",
    "Change",
    "Client",
    "Connection",
    "Position",
    "Ref",
    "Resource",
    "Settings",
    "Transaction",
    "action",
    "errors",
    "field",
    "serve",
]
