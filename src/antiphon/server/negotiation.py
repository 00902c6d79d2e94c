"""Content negotiation (RFC 9110, 12.5.1)."""

from functools import lru_cache
from typing import Any

from antiphon.errors import InvalidHeader, NotAcceptable

HTML = "text/html"
OFFERS = ("application/json", "application/x-ndjson", "text/event-stream", HTML)
"""What there is where there is a page; that last, for clients to which all is the same."""


@lru_cache(maxsize=1000)
def choose(accept: str, offers: tuple[str, ...]) -> str:
    """The media type among `offers`, the best first, that the `Accept` header likes most.

    Raises:
        NotAcceptable: it likes none.
        InvalidHeader: a quality is not a number.
    """
    ranges = [_range(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
    best, best_quality = "", 0.0
    for offer in offers:
        main = offer.partition("/")[0]
        qualities = dict(ranges)
        quality = qualities.get(offer, qualities.get(f"{main}/*", qualities.get("*/*", 0.0)))
        if quality > best_quality:
            best, best_quality = offer, quality
    if not best:
        raise NotAcceptable(f"Nothing here is {accept[:200]!r}.", f"Accept one of: {', '.join(offers)}.")
    return best


def wants_page(scope: Any) -> bool:
    """Whether a request likes HTML better than all else that there may be."""
    for name, value in scope["headers"]:
        if name == b"accept" and b"html" in value:
            return _wants_page(value)
    return False


@lru_cache(maxsize=1000)
def _wants_page(accept: bytes) -> bool:
    try:
        return choose(accept.decode("latin-1"), OFFERS) == HTML
    except (NotAcceptable, InvalidHeader):
        return False


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                raise InvalidHeader(
                    f"Accept has the quality {value[:40]!r}.", "Write a number from 0 to 1: text/html;q=0.5."
                ) from None
            return name.lower(), quality if 0 <= quality <= 1 else 0.0
    return name.lower(), 1.0
