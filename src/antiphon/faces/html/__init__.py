"""The HTML face: pages made of what services answer, and kept up to date while they are open."""

from antiphon.faces.html.ask import Ask, Asked, url_of
from antiphon.faces.html.kept import Rendered
from antiphon.faces.html.pages import Pages
from antiphon.faces.html.parts import CALLERS, Part
from antiphon.faces.html.sent import is_form
from antiphon.faces.html.site import HEADERS, MEDIA_TYPE, Site

__all__ = [
    "CALLERS",
    "HEADERS",
    "MEDIA_TYPE",
    "Ask",
    "Asked",
    "Pages",
    "Part",
    "Rendered",
    "Site",
    "is_form",
    "url_of",
]
