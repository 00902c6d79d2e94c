"""The client: asks a service, writes to it and follows it, from another process."""

from antiphon.client.answers import Page, Record
from antiphon.client.client import Client
from antiphon.client.following import Event

__all__ = ["Client", "Event", "Page", "Record"]
