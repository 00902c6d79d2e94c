"""Music's own pages: what people see."""

from __future__ import annotations

from . import account, catalogue, charts, imports, news, people, pulse, search, start, talk
from .site import pages

__all__ = [
    "account",
    "catalogue",
    "charts",
    "imports",
    "news",
    "pages",
    "people",
    "pulse",
    "search",
    "start",
    "talk",
]
