"""Two people, each at a browser: what one does, the other sees at once, whatever happens to the server."""

import time

from playwright.sync_api import Page, expect
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.visitor import PASSWORD
from tests.acceptance.music import Music

MOMENT = 3.0
"""Seconds on a busy machine, of which most is Chromium's; it is some tens of milliseconds on an idle one."""


def a_song(music: Music) -> str:
    """The path of a song that can be heard."""
    song: str = music.client().get("/songs?limit=1&preview[null]=false").json()["items"][0]["id"]
    return f"/songs/{song}"


def bell(page: Page, unread: int) -> None:
    """See that the bell rings: so many are not read."""
    name = f"Notifications, {unread} not read" if unread else "Notifications"
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def say(page: Page, text: str) -> None:
    """Say something of what the page is about."""
    page.get_by_label("Say something of this song").fill(text)
    page.get_by_role("button", name="Comment", exact=True).click()


def stay(page: Page) -> None:
    """Note that the page must not be loaded anew."""
    page.evaluate("window.stayed = true")


def stayed(page: Page) -> bool:
    found: bool = page.evaluate("window.stayed === true")
    return found


def test_who_is_mentioned_hears_the_bell(music: Music, visiting: Visiting) -> None:
    ana, ben = visiting(), visiting()
    ana.sign_up("Anna")
    ben.sign_up("Benno")
    song = a_song(music)
    ana.open(song)
    ben.open("/charts")
    bell(ben.page, 0)
    stay(ana.page)
    stay(ben.page)
    begun = time.monotonic()
    say(ana.page, "That bass, @Benno & <you>!")
    bell(ben.page, 1)
    assert time.monotonic() - begun < MOMENT
    said = ana.page.locator(".said")
    expect(said.first).to_have_text("That bass, @Benno & <you>!")
    expect(said.first.get_by_role("link", name="@Benno")).to_be_visible()
    assert stayed(ana.page)
    assert stayed(ben.page)
    ben.page.get_by_role("link", name="Notifications, 1 not read").click()
    expect(ben.page.get_by_role("link", name="Anna mentioned you in a comment on a song")).to_be_visible()
    ben.page.get_by_role("button", name="Mark all as read").click()
    bell(ben.page, 0)
    assert stayed(ben.page)


def test_pages_are_right_after_the_server_was_killed(music: Music, visiting: Visiting) -> None:
    ana, ben = visiting(), visiting()
    for visitor in (ana, ben):
        visitor.forgive("ERR_")  # while there is no server
    ana.sign_up("Ana.killed")
    ben.sign_up("Ben.killed")
    song = a_song(music)
    cy = music.sign_up("Cy.killed")
    server = music.server_of("music")
    ana.open(song)
    ben.open(song)
    said = [page.locator("#live-comments .said") for page in (ana.page, ben.page)]
    stay(ana.page)
    stay(ben.page)
    expected = ana.page.locator("#live-comments .said").all_text_contents()
    for number in range(2):
        text = f"Number {number} for @Ben.killed, and then it dies"
        assert cy.post("/comments", {"subject": song, "text": text}).status_code == 201
        server.kill()  # the pages may have heard of it, or not
        for visitor in (ana, ben):
            expect(visitor.page.locator("#connection")).to_have_attribute("data-state", "lost")
        server.start()
        expected.insert(0, text)
        for each in said:
            expect(each).to_have_text(expected)
        text = f"Number {number} after it, @Ben.killed"
        say(ana.page, text)
        expected.insert(0, text)
        for each in said:
            expect(each).to_have_text(expected)
        for visitor in (ana, ben):
            expect(visitor.page.locator("#connection")).not_to_have_attribute("data-state", "lost")
    bell(ben.page, 1)  # what is of one kind and subject is one notification
    assert stayed(ben.page)


def test_from_sign_up_to_sign_out(visiting: Visiting) -> None:
    visitor = visiting()
    page = visitor.open("/")
    page.get_by_role("banner").get_by_role("link", name="Sign up").click()
    page.get_by_label("Name", exact=True).fill("Dana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Hello, Dana")).to_be_visible()
    page.get_by_role("link", name="Settings").first.click()
    page.get_by_label("Shown as").fill("Dana Díaz")
    page.get_by_role("button", name="Save profile").click()
    page.get_by_role("link", name="Your page", exact=True).click()
    expect(page.get_by_role("heading", name="Dana Díaz")).to_be_visible()
    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.get_by_label("Name", exact=True).fill("dana")
    page.get_by_label("Password").fill("not the password")
    visitor.forgive("status of 401")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("Name", exact=True).input_value() == "dana"
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Hello, Dana Díaz")).to_be_visible()
