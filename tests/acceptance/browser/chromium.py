"""The system's Chromium, kept from everything but the loopback address."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--js-flags=--expose-gc",
    "--enable-precise-memory-info",
)
"""No name resolves; and what is kept after a collection of garbage can be told."""


def program() -> str:
    """Where Chromium is; the environment variable `CHROMIUM` goes first.

    Raises:
        RuntimeError: there is none.
    """
    names = (os.environ.get("CHROMIUM") or NAMES[0], *NAMES)
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise RuntimeError(
            "These tests need Chromium: apt-get install chromium, or set CHROMIUM to its path."
        )
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run it, unseen. Without its sandbox, which root cannot have: it is shown nothing but these pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(), args=OPTIONS, chromium_sandbox=os.geteuid() != 0
        )
        try:
            yield browser
        finally:
            browser.close()
