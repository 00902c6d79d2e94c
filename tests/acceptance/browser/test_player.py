"""Music that plays, and goes on playing while one looks around."""

from playwright.sync_api import Page, expect
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.music import Music
from tests.acceptance.server import eventually


def at(page: Page) -> float:
    """Where in the song it is, in seconds."""
    found: float = page.evaluate("document.getElementById('audio').currentTime")
    return found


def goes_on(page: Page, before: float) -> float:
    """See that it plays on from where it was before; where it is now."""
    assert eventually(lambda: at(page) > before + 0.05)
    return at(page)


def test_a_song_plays_on_while_one_looks_around(music: Music, visiting: Visiting) -> None:
    visitor = visiting()
    ana = music.sign_up("ana.plays")
    visitor.be(ana)
    page = visitor.open("/songs")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Play ").first.click()
    expect(page.get_by_role("region", name="Player")).to_be_visible()
    assert eventually(lambda: at(page) > 0.2)
    played = at(page)
    for name in ("Browse", "Charts", "People", "Home"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        expect(page.get_by_role("navigation", name="Main").get_by_role("link", name=name)).to_have_attribute(
            "aria-current", "page"
        )
        played = goes_on(page, played)
    page.go_back()
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
    goes_on(page, played)
    assert page.evaluate("window.stayed") is True
    assert not page.evaluate("document.getElementById('audio').paused")
    # after some seconds it counts, once
    assert eventually(lambda: len(ana.get("/plays").json()["items"]) == 1)
    page.get_by_role("region", name="Player").get_by_role("button", name="Pause").click()
    assert page.evaluate("document.getElementById('audio').paused")
