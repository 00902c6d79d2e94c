"""Descriptions: what a service offers, for programs and for people."""

from antiphon.descriptions.document import openapi
from antiphon.descriptions.documentation import description_routes

__all__ = ["description_routes", "openapi"]
