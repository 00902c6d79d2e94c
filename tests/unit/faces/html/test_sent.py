import pytest

from antiphon.faces.html.sent import is_form, is_local


@pytest.mark.parametrize("place", ["/", "/songs?genre=jazz&x=//y", "/a/b#c", "/ü", "/a:b@c"])
def test_a_path_is_local(place: str) -> None:
    assert is_local(place)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "songs",
        "//x",
        "/\\x",
        "\\\\x",
        "/a\\b",
        "https://x",
        "javascript:x",
        "/\tx",
        "/\nx",
        "/\x00",
        "/\u2028",
        " /x",
    ],
)
def test_what_may_lead_elsewhere_is_not(place: str) -> None:
    assert not is_local(place)


@pytest.mark.parametrize(
    ("method", "kind", "is_one"),
    [
        ("POST", b"application/x-www-form-urlencoded", True),
        ("POST", b"Application/X-WWW-Form-Urlencoded; charset=utf-8", True),
        ("POST", b"application/json", False),
        ("POST", b"multipart/form-data; boundary=x", False),
        ("GET", b"application/x-www-form-urlencoded", False),
    ],
)
def test_a_form_is_told_by_its_type(method: str, kind: bytes, is_one: bool) -> None:
    assert is_form({"method": method, "headers": [(b"host", b"x"), (b"content-type", kind)]}) is is_one
    assert not is_form({"method": method, "headers": []})
