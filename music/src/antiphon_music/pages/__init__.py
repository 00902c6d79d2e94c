"""Music's own pages: what people see."""

from __future__ import annotations

from . import account, catalogue, charts, news, people, talk
from .site import pages

__all__ = ["account", "catalogue", "charts", "news", "pages", "people", "talk"]
