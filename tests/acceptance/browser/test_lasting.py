"""Pages that stay open: they hold no more after many changes, and are right when somebody returns to them."""

import time

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.weight import Weight, weigh
from tests.acceptance.server import Server

ROOM = 300_000
"""Bytes that a page's scripts may hold more after many changes: what compiled code and caches take."""


def churn(client: httpx.Client, page: Page, genre: str, until: float) -> int:
    """Add songs, change them and delete them, so that the table stays as long; how many there were."""
    ids: list[str] = []
    count = 0
    while time.monotonic() < until or count < 40:
        made = client.post("/songs", json={"title": f"Song {count}", "genre": genre})
        ids.append(made.json()["id"])
        client.patch(f"/songs/{ids[-1]}", json={"title": f"Song {count} again", "year": count})
        if len(ids) > 10:
            client.delete(f"/songs/{ids.pop(0)}")
        count += 1
        time.sleep(0.03)
    expect(page.locator("tbody tr")).to_have_count(10)
    expect(page.locator("tbody")).to_contain_text(f"Song {count - 1} again")
    for id in ids:
        client.delete(f"/songs/{id}")
    expect(page.locator("tbody tr")).to_have_count(0)
    return count


def changes_at_constant_memory(server: Server, client: httpx.Client, page: Page, seconds: float) -> None:
    churn(client, page, "churned", time.monotonic() + seconds / 10)
    weights: list[tuple[Weight, int]] = []
    for _ in range(2):
        churn(client, page, "churned", time.monotonic() + seconds / 2)
        weights.append((weigh(page), server.memory()))
    (before, served_before), (after, served_after) = weights
    assert after.nodes <= before.nodes + 50, (before, after)
    assert after.listeners <= before.listeners + 5, (before, after)
    assert after.documents <= before.documents, (before, after)
    assert after.heap <= before.heap + ROOM, (before, after)
    assert served_after <= served_before * 1.1


def test_an_open_page_holds_no_more_after_many_changes(
    server: Server, client: httpx.Client, visiting: Visiting
) -> None:
    changes_at_constant_memory(server, client, visiting(server.url).open("/songs?genre=churned"), 3)


@pytest.mark.long
def test_an_open_page_holds_no_more_after_ten_minutes_of_changes(
    server: Server, client: httpx.Client, visiting: Visiting
) -> None:
    changes_at_constant_memory(server, client, visiting(server.url).open("/songs?genre=churned"), 600)


def test_a_page_in_the_background_catches_up_when_it_returns(
    server: Server, client: httpx.Client, visiting: Visiting
) -> None:
    page = visiting(server.url).open("/songs?genre=away&order=title")
    made = client.post("/songs", json={"title": "Seen", "genre": "away"}).json()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    page.evaluate("window.stayed = true")
    leave(page)
    client.delete(f"/songs/{made['id']}")
    for number in range(5):
        client.post("/songs", json={"title": f"Missed {number}", "genre": "away"})
    come_back(page)
    expect(rows).to_have_count(5)
    expect(page.locator("tbody")).not_to_contain_text("Seen")
    assert page.evaluate("window.stayed") is True


def test_more_tabs_are_open_than_a_browser_has_connections(
    server: Server, client: httpx.Client, visiting: Visiting
) -> None:
    """Over HTTP/1.1 browsers have six for a site, and each stream keeps one."""
    visitor = visiting(server.url)
    tabs = [visitor.page, *(visitor.context.new_page() for _ in range(8))]
    for number, tab in enumerate(tabs):
        tab.goto(f"/songs?genre=tab {number}")
        client.post("/songs", json={"title": f"Title {number}", "genre": f"tab {number}"})
        expect(tab.locator("tbody tr")).to_have_count(1)
        leave(tab)
    come_back(tabs[0])
    client.post("/songs", json={"title": "One more", "genre": "tab 0"})
    expect(tabs[0].locator("tbody tr")).to_have_count(2)


def leave(page: Page) -> None:
    """Do to a page what a browser does when another tab is shown; without a screen it shows them all."""
    page.evaluate(
        """() => {
          window.away = true;
          Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true});
          Object.defineProperty(document, 'visibilityState', {
            get: () => window.away ? 'hidden' : 'visible', configurable: true});
          document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )


def come_back(page: Page) -> None:
    """Show it again."""
    page.evaluate("() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')); }")
