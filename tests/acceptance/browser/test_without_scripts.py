"""Everything can be read and done in a browser that runs no scripts."""

import pytest
from playwright.sync_api import Page, expect
from tests.acceptance.browser.city import City, settle
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.test_appearance import EDITORS, PAGES
from tests.acceptance.browser.visitor import PHONE, Visitor
from tests.acceptance.music import Music


@pytest.fixture(scope="module")
def city(music: Music) -> City:
    return settle(music)


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


def test_a_notification_is_read_and_put_away(visitor: Visitor, city: City) -> None:
    visitor.be(city.ana)
    page = visitor.open("/notifications")
    told = page.locator(".told > li")
    count = told.count()
    page.get_by_role("button", name="Mark as read").first.click()
    expect(page.get_by_role("button", name="Mark as not read")).to_have_count(1)
    page.get_by_role("button", name="Put away").first.click()
    expect(told).to_have_count(count - 1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read(name: str, visitor: Visitor, city: City) -> None:
    if name == "nothing there":
        visitor.forgive("status of 404")
    visitor.be(city.editor if name in EDITORS else city.ana)
    page = visitor.page
    page.goto(PAGES[name].format(**city._asdict()))
    assert page.get_by_role("heading", level=1).inner_text() != ""
    assert len(page.get_by_role("main").inner_text()) > 40
