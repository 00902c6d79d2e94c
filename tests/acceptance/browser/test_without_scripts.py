"""Everything can be read and done in a browser that runs no scripts."""

import pytest
from playwright.sync_api import expect
from tests.acceptance.browser.city import City, make
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.test_appearance import PAGES, open_page
from tests.acceptance.browser.visitor import PHONE, Visitor
from tests.acceptance.music import Music
from tests.acceptance.server import eventually


@pytest.fixture
def visitor(visiting: Visiting) -> Visitor:
    return visiting(java_script_enabled=False, viewport=PHONE)


def test_all_that_music_offers_can_be_done(visitor: Visitor, city: City) -> None:
    visitor.sign_up("cleo")
    page = visitor.open(city.song)
    page.get_by_label("Say something of this song").fill("Without scripts, @ben")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".said").first).to_have_text("Without scripts, @ben")
    like = page.locator("#live-song").get_by_role("button", name="Like ")
    expect(like).to_have_attribute("aria-pressed", "false")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Delete your comment").click()
    expect(page.get_by_text("Without scripts")).to_have_count(0)
    page = visitor.open(f"/users/{city.ben.id}")
    follow = page.get_by_role("button", name="Follow ")
    follow.click()
    expect(follow).to_have_attribute("aria-pressed", "true")
    page = visitor.open("/settings")
    page.get_by_label("Shown as").fill("Cleo of the Nile")
    page.get_by_label("Private").check()
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_label("Shown as")).to_have_value("Cleo of the Nile")
    expect(page.get_by_label("Private")).to_be_checked()
    box = page.get_by_role("group").get_by_role("checkbox").first
    box.uncheck()
    page.get_by_role("button", name="Save preferences").click()
    expect(page.get_by_role("group").get_by_role("checkbox").first).not_to_be_checked()
    page.get_by_label("Search").fill("etiquette")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_role("link", name="Elevator Etiquette", exact=True)).to_be_visible()
    page = visitor.open("/settings")
    page.get_by_role("button", name="Sign out here").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_a_notification_is_read_and_put_away(music: Music, visitor: Visitor, city: City) -> None:
    dora = music.sign_up("dora")
    comment = make(dora, "/comments", {"subject": city.album, "text": "Is it not?"})
    make(city.ben, "/comments", {"subject": comment, "text": "It is."})
    make(city.ben, "/comments", {"subject": city.album, "text": "Ask @dora."})
    make(city.ben, "/likes", {"subject": comment})
    assert eventually(lambda: len(dora.get("/notifications").json()["items"]) == 3)
    visitor.be(dora)
    page = visitor.open("/notifications")
    told = page.locator(".told > li")
    expect(told).to_have_count(3)
    page.get_by_role("button", name="Mark as read").first.click()
    expect(page.get_by_role("button", name="Mark as not read")).to_have_count(1)
    page.get_by_role("button", name="Put away").first.click()
    expect(told).to_have_count(2)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)


def test_every_page_can_be_read(visitor: Visitor, city: City) -> None:
    for name in PAGES:
        visitor.context.clear_cookies()
        page = open_page(name, city, visitor)
        assert page.get_by_role("heading", level=1).inner_text() != "", name
        assert len(page.get_by_role("main").inner_text()) > 25, name
