"""The application: resources, served."""

from antiphon.application.application import Application
from antiphon.application.connection import Connection
from antiphon.application.services import Services
from antiphon.application.serving import Served, serve

__all__ = ["Application", "Connection", "Served", "Services", "serve"]
