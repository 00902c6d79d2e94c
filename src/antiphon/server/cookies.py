"""The session cookie: an access token that a browser keeps, out of reach of scripts and of other sites."""

from collections.abc import Iterable
from typing import Any

from antiphon.errors import Forbidden, InvalidHeader

NAME = "antiphon"
FORGET = "antiphon.forget"
"""The scope's member that holds the `Set-Cookie` which forgets a session that is over."""
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


def session_cookie(request: Any, token: str = "", seconds: int = 0) -> str:
    """The value of a `Set-Cookie` that keeps `token` for `seconds`; with neither, one that forgets it.

    By HTTPS (or behind a proxy that says so in `X-Forwarded-Proto`) its name begins with `__Host-`, so that
    no other host can set it (RFC 6265bis, 4.1.3.2). `request` is Starlette's, or its scope.
    """
    scope = getattr(request, "scope", request)
    secure = "; Secure" if _secure(scope) else ""
    return f"{_name(scope)}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def token_in(scope: Any, cookies: Iterable[bytes]) -> str | None:
    """The token in the `Cookie` headers of a request; None if there is none.

    Raises:
        InvalidHeader: there are two, and only one can be ours.
    """
    prefix = f"{_name(scope)}=".encode()
    pairs = (pair.strip() for header in cookies for pair in header.split(b";"))
    found = [pair[len(prefix) :] for pair in pairs if pair.startswith(prefix)]
    if len(found) > 1:
        raise InvalidHeader(f"There are {len(found)} session cookies.", "Send one.")
    return found[0].decode("latin-1") if found and found[0] else None


def refuse_other_sites(request: Any) -> None:
    """Hold a request that a cookie speaks for, and that changes something, to having been made by this site.

    `request` is Starlette's, or its scope.

    Raises:
        Forbidden: another site made the browser send it, or it does not say (OWASP: cross-site request
            forgery; Fetch Metadata, W3C).
    """
    scope = getattr(request, "scope", request)
    if scope["method"] in SAFE:
        return
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        same = site in ("same-origin", "none")
    else:
        same = _is_of(headers.get(b"origin", ""), headers.get(b"host", ""))
    if not same:
        raise Forbidden(
            "A session cookie does not speak for what another site asks.",
            "Send the request from a page of this site; a program sends Authorization: Bearer.",
        )


def _name(scope: Any) -> str:
    return f"__Host-{NAME}" if _secure(scope) else NAME


def _secure(scope: Any) -> bool:
    if scope["scheme"] == "https":
        return True
    # who makes this up harms itself alone: it is another cookie that is read then
    forwarded = next((value for name, value in scope["headers"] if name == b"x-forwarded-proto"), b"")
    return bool(forwarded.partition(b",")[0].strip().lower() == b"https")


def _is_of(origin: str, host: str) -> bool:
    """Whether a page of `origin` is one of ours, of `host`; a scheme's own port may be left out."""
    scheme, _, name = origin.lower().partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme)
    return port is not None and host.lower().removesuffix(port) == name.removesuffix(port) != ""
