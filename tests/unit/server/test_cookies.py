from http.cookies import SimpleCookie
from typing import Any

import pytest
from starlette.requests import Request

from antiphon import session_cookie
from antiphon.errors import Forbidden, InvalidHeader
from antiphon.server.cookies import refuse_other_sites, token_in


def scope(method: str = "POST", scheme: str = "http", **headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "method": method, "scheme": scheme, "path": "/", "headers": pairs}


def test_the_cookie_is_out_of_reach() -> None:
    cookie = session_cookie(Request(scope()), "a.b.c", 900)
    assert cookie == "antiphon=a.b.c; Path=/; Max-Age=900; HttpOnly; SameSite=Lax"
    secure = session_cookie(Request(scope(scheme="https")), "a.b.c", 900)
    assert secure == "__Host-antiphon=a.b.c; Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure"
    assert session_cookie(scope(x_forwarded_proto="https, http"), "a.b.c", 900) == secure
    assert session_cookie(scope(x_forwarded_proto="http"), "a.b.c", 900) == cookie


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_comes_back_and_goes(scheme: str) -> None:
    def sent(token: str, seconds: int) -> SimpleCookie:
        return SimpleCookie(session_cookie(scope(scheme=scheme), token, seconds))

    [(name, morsel)] = sent("a.b.c", 900).items()
    asked = scope(scheme=scheme)
    assert token_in(asked, [f"other=1; {name}={morsel.value}; more=2".encode()]) == "a.b.c"
    [(gone, empty)] = SimpleCookie(session_cookie(scope(scheme=scheme))).items()
    assert (gone, empty["max-age"], empty["path"]) == (name, "0", "/")
    assert token_in(asked, [f"{name}=".encode()]) is None


def test_another_cookie_is_none() -> None:
    assert token_in(scope(), [b"session=x; antiphon2=y; xantiphon=z; antiphon"]) is None
    assert token_in(scope(), []) is None
    # by HTTPS, only a cookie that no other host can have set counts
    assert token_in(scope(scheme="https"), [b"antiphon=planted"]) is None


@pytest.mark.parametrize("headers", [[b"antiphon=a; antiphon=b"], [b"antiphon=a", b"antiphon=b"]])
def test_two_cookies_are_one_too_many(headers: list[bytes]) -> None:
    with pytest.raises(InvalidHeader, match="2 session cookies"):
        token_in(scope(), headers)


@pytest.mark.parametrize(
    "asked",
    [
        scope(sec_fetch_site="same-origin", host="music.example"),
        scope(sec_fetch_site="none", host="music.example"),
        scope(origin="https://music.example", host="music.example"),
        scope(origin="https://Music.example:443", host="music.EXAMPLE"),
        scope(origin="http://music.example", host="music.example:80"),
        scope(origin="http://127.0.0.1:8000", host="127.0.0.1:8000"),
        scope(method="GET", sec_fetch_site="cross-site", host="music.example"),
        scope(method="HEAD", host="music.example"),
    ],
)
def test_a_page_of_this_site_may_ask(asked: dict[str, Any]) -> None:
    refuse_other_sites(asked)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "MADE-UP"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": ""},
        {"sec_fetch_site": "cross-site", "origin": "https://music.example"},
        {"origin": "https://evil.example"},
        {"origin": "https://music.example.evil.example"},
        {"origin": "https://evil-music.example"},
        {"origin": "https://music.example:8443"},
        {"origin": "http://music.example:443"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://"},
        {"origin": "file://"},
        {"origin": "ftp://music.example"},
        {},
        {"referer": "https://music.example/"},
    ],
)
def test_another_site_may_not(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        refuse_other_sites(scope(method, host="music.example", **headers))


def test_without_a_host_nothing_is_ours() -> None:
    for origin in ("https://", "http://:80", "https://music.example"):
        with pytest.raises(Forbidden):
            refuse_other_sites(scope(origin=origin))
