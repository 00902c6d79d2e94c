"""A resource of anybody's has pages at once, and they are live: the toolkit's own, in a real browser."""

import httpx
from playwright.sync_api import expect
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.server import Server


def test_a_table_keeps_up_with_what_happens(server: Server, client: httpx.Client, visiting: Visiting) -> None:
    visitor = visiting(server.url)
    page = visitor.open("/songs?genre=live&order=title")
    page.evaluate("window.stayed = true")
    made = client.post("/songs", json={"title": "One", "genre": "live"}).json()
    client.post("/songs", json={"title": "Another", "genre": "other"})
    client.post("/songs", json={"title": "Two", "genre": "live"})
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    client.patch(f"/songs/{made['id']}", json={"title": "Zero"})
    expect(rows.last).to_contain_text("Zero")
    client.patch(f"/songs/{made['id']}", json={"genre": "other"})
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Two")
    assert page.evaluate("window.stayed") is True


def test_a_table_is_right_after_a_kill(server: Server, client: httpx.Client, visiting: Visiting) -> None:
    visitor = visiting(server.url)
    visitor.forgive("ERR_")
    page = visitor.open("/songs?genre=killed&order=title")
    page.evaluate("window.stayed = true")
    rows = page.locator("tbody tr")
    client.post("/songs", json={"title": "Before", "genre": "killed"})
    expect(rows).to_have_count(1)
    client.post("/songs", json={"title": "Last", "genre": "killed"})
    server.kill()
    expect(page.locator("#connection")).to_have_attribute("data-state", "lost")
    server.start()
    expect(rows).to_have_count(2)
    expect(page.locator("#connection")).not_to_have_attribute("data-state", "lost")
    client.post("/songs", json={"title": "Next", "genre": "killed"})
    expect(rows).to_have_count(3)
    assert page.evaluate("window.stayed") is True
