"""Forms as they come: where they are sent to, with what, and where from."""

from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes, urlsplit

from msgspec import Struct
from starlette.requests import Request

from antiphon.errors import Invalid, Malformed
from antiphon.faces.html.typed import parse_form
from antiphon.server.takes import FORM

METHODS = ("POST", "PUT", "PATCH", "DELETE")
CONTROLS = ("_next", "_from", "_method")
"""Fields that are not the record's, or the route's."""

MOST = 1000
"""Fields among which they are looked for."""


class Sent(Struct):
    """A form as it came: `next` is where to go then, `origin` the page that it was on, if known.

    `body` is without the fields that say so; without any of them it is as it came.
    """

    path: str
    method: str
    body: bytes
    next: str | None
    origin: str | None

    def fields(self) -> dict[str, str]:
        """Its fields; raises `Malformed`."""
        return parse_form(self.body)


def is_form(scope: Any) -> bool:
    """Whether a request brings a form."""
    if scope["method"] != "POST":
        return False
    for name, value in scope["headers"]:
        if name == b"content-type":
            return bool(value.partition(b";")[0].strip().lower() == FORM.encode())
    return False


def sent(request: Request, body: bytes) -> Sent:
    """The form in a request's body; raises `Invalid` if it leads elsewhere."""
    path: str = request.scope["path"]
    own: dict[str, str] = {}
    if any(name.encode() in body for name in CONTROLS):
        if body.count(b"&") >= MOST:
            raise Malformed("The form has too many fields.", f"Send at most {MOST}.")
        pieces = body.split(b"&")
        names = [unquote_to_bytes(piece.partition(b"=")[0]).decode("latin-1") for piece in pieces]
        for name, piece in zip(names, pieces, strict=True):
            if name in CONTROLS:
                own[name] = unquote_plus(piece.partition(b"=")[2].decode("latin-1"))
        if own:
            body = b"&".join(piece for name, piece in zip(names, pieces, strict=True) if name not in CONTROLS)
    method = own.get("_method", "POST").upper()
    if method not in METHODS:
        raise Invalid(f"_method is {method[:20]!r}.", f"Give one of: {', '.join(METHODS)}.")
    for name in ("_next", "_from"):
        if name in own and not is_local(own[name]):
            raise Invalid(f"{name} is {own[name][:80]!r}.", "Give a path of this site, such as /songs.")
    return Sent(path, method, body, own.get("_next"), own.get("_from") or _referer(request))


def is_local(place: str) -> bool:
    """Whether a place is a path of this site, for every reader: browsers take `\\` for `/`, and leave out
    control characters (URL Standard, 4.4)."""
    return place.startswith("/") and not place.startswith("//") and place.isprintable() and "\\" not in place


def _referer(request: Request) -> str | None:
    """The page of ours that a request comes from."""
    try:
        given = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    if not given.netloc or given.netloc != request.headers.get("host", ""):
        return None
    place = given.path + (f"?{given.query}" if given.query else "")
    return place if is_local(place) else None
