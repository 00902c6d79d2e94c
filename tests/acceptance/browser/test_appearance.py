"""Every page of music, for all eyes: on a phone and on a desk, in light and in the dark, and for axe."""

from itertools import product

import pytest
from playwright.sync_api import Page, Request
from tests.acceptance.browser.city import City
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.looking import PICTURES, findings, keep_picture, sticking_out
from tests.acceptance.browser.visitor import DESK, PHONE, Visitor

KILOBYTES = 100
"""What the first page may weigh, all that comes with it included, but sound and cover art."""
PAGES = {
    "home": "/",
    "songs": "/songs",
    "song": "{song}",
    "song without audio": "{silent}",
    "albums": "/albums",
    "album": "{album}",
    "artists": "/artists",
    "artist": "{artist}",
    "genres": "/genres",
    "genre": "{genre}",
    "charts": "/charts",
    "chart of artists": "/charts?of=artists&window=7d",
    "comments": "/comments",
    "comment": "{comment}",
    "search": "/search?q=a",
    "search that finds nothing": "/search?q=zzzzzz",
    "people": "/users",
    "person": "/users/{ben.id}",
    "yourself": "/users/{ana.id}",
    "notifications": "/notifications",
    "settings": "/settings",
    "pulse": "/pulse",
    "import": "/imports",
    "nothing there": "/songs/none",
    "home to strangers": "/",
    "song to strangers": "{song}",
    "settings to strangers": "/settings",
    "sign in": "/sign-in",
    "sign up": "/sign-up",
}
STRANGERS = ("home to strangers", "song to strangers", "settings to strangers", "sign in", "sign up")
EDITORS = ("import",)


def open_page(name: str, city: City, visitor: Visitor) -> Page:
    """Open one of the pages, as one who has it."""
    if name in EDITORS:
        visitor.be(city.editor)
    elif name not in STRANGERS:
        visitor.be(city.ana)
    if name == "nothing there":
        visitor.forgive("status of 404")
    visitor.page.goto(PAGES[name].format(**city._asdict()))
    return visitor.page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_all_eyes(name: str, city: City, visiting: Visiting) -> None:
    page = open_page(name, city, visiting(viewport=PHONE, color_scheme="light"))
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == 1
    assert sticking_out(page) == []
    assert findings(page) == []
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="dark")
    assert sticking_out(page) == []
    assert findings(page) == []


@pytest.mark.long
@pytest.mark.parametrize("name", PAGES)
def test_pictures_of_a_page_are_kept(name: str, city: City, visiting: Visiting) -> None:
    """For people to look at. And what is left out above: a phone in the dark, a desk in light."""
    for viewport, scheme in product((PHONE, DESK), ("light", "dark")):
        page = open_page(name, city, visiting(viewport=viewport, color_scheme=scheme))
        keep_picture(page, f"{name} {scheme}")
        assert sticking_out(page) == []
        assert findings(page) == []


def test_the_first_page_is_light(city: City, visiting: Visiting) -> None:
    visitor = visiting()
    weights: dict[str, int] = {}

    def weigh(request: Request) -> None:
        sizes = request.sizes()
        weights[request.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]

    visitor.context.on("requestfinished", weigh)
    visitor.open("/").evaluate(PICTURES)
    counted = {url: size for url, size in weights.items() if not url.endswith(("/preview", "/cover"))}
    assert any("htmx" in url for url in counted)
    assert sum(counted.values()) < KILOBYTES * 1000, counted
