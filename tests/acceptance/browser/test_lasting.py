"""Pages that stay open: they hold no more after many changes, and are right when somebody returns to them."""

import time

import pytest
from playwright.sync_api import expect
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.weight import weigh
from tests.acceptance.music import Caller, Music


def churn(who: Caller, subject: str, seconds: float, pause: float) -> int:
    """Say things and take them back, so that the page that shows them stays as long; how many there were."""
    until = time.monotonic() + seconds
    said = 0
    while time.monotonic() < until:
        made = who.post("/comments", {"subject": subject, "text": f"Number {said}, of many"})
        assert made.status_code == 201, made.text
        assert who.delete(f"/comments/{made.json()['id']}").status_code == 204
        said += 1
        time.sleep(pause)
    return said
