"""The application: resources, served."""

from antiphon.application.application import Application, serve
from antiphon.application.connection import Connection

__all__ = ["Application", "Connection", "serve"]
