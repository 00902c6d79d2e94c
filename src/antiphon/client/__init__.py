"""The client: asks a service, writes to it and follows it, from another process."""

from antiphon.client.answers import Page, Record
from antiphon.client.client import Client
from antiphon.client.following import Event
from antiphon.client.pauses import Pauses

__all__ = ["Client", "Event", "Page", "Pauses", "Record"]
