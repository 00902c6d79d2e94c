"""Every page of music, for all eyes: on a phone and on a desk, in light and dark, for axe, and a picture to keep."""

import pytest
from tests.acceptance.browser.city import City, settle
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.looking import PICTURES, findings, keep_picture, sticking_out
from tests.acceptance.browser.visitor import DESK, PHONE
from tests.acceptance.music import Music

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
    "sign in": "/sign-in",
    "sign up": "/sign-up",
    "nothing there": "/songs/none",
}
EDITORS = ("import",)
"""Pages that only editors have."""
STRANGERS = ("home", "song", "sign in", "sign up", "charts", "settings")
"""Pages that are another for who is not signed in."""


@pytest.fixture(scope="module")
def city(music: Music) -> City:
    return settle(music)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_all_eyes(name: str, city: City, visiting: Visiting) -> None:
    for look, viewport, scheme in (("light", PHONE, "light"), ("dark", DESK, "dark")):
        visitor = visiting(viewport=viewport, color_scheme=scheme)
        visitor.be(city.editor if name in EDITORS else city.ana)
        if name == "nothing there":
            visitor.forgive("status of 404")
        page = visitor.page
        page.goto(PAGES[name].format(**city._asdict()))
        keep_picture(page, name)
        assert sticking_out(page) == []
        assert findings(page) == []
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.get_by_role("main").count() == 1


@pytest.mark.parametrize("name", STRANGERS)
def test_a_page_is_for_strangers(name: str, city: City, visiting: Visiting) -> None:
    for look, viewport, scheme in (("dark", PHONE, "dark"), ("light", DESK, "light")):
        page = visiting(viewport=viewport, color_scheme=scheme).open(PAGES[name].format(**city._asdict()))
        keep_picture(page, f"{name} to strangers")
        assert sticking_out(page) == []
        assert findings(page) == []


def test_the_first_page_is_light(city: City, visiting: Visiting) -> None:
    visitor = visiting()
    weights: dict[str, int] = {}

    def weigh(request) -> None:
        sizes = request.sizes()
        weights[request.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]

    visitor.context.on("requestfinished", weigh)
    visitor.open("/").evaluate(PICTURES)
    counted = {url: size for url, size in weights.items() if not url.endswith(("/preview", "/cover"))}
    assert sum(counted.values()) < KILOBYTES * 1000, counted
