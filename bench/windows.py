"""Windows of real Chromium on the second core, each another person's, and when they had what was said."""

import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType

from playwright.sync_api import Page, sync_playwright

from antiphon.server.cookies import NAME
from bench.comparison import require
from bench.server import on

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60_000
"""Milliseconds that a page may take, among a hundred that open."""
NOTE_TIMES = """() => {
  window.seen = {};
  new MutationObserver(() => {
    const now = Date.now();
    for (const [said] of document.body.textContent.matchAll(/Comment \\d+/g)) window.seen[said] ??= now;
  }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""
"""Notes when the document first had each comment, by the clock that who sends it reads too."""


def program() -> str:
    """Where Chromium is; the environment variable `CHROMIUM` goes first."""
    names = (os.environ.get("CHROMIUM") or PROGRAMS[0], *PROGRAMS)
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise RuntimeError("there is no Chromium: apt-get install chromium, or set CHROMIUM to its path")
    return found


class Windows:
    """Opens each of `urls` with a token, in a profile of its own as people have: none shares connections."""

    def __init__(self, urls: Sequence[str], tokens: Sequence[str]) -> None:
        self._urls = urls
        self._tokens = tokens
        self._running = ExitStack()
        self.pages: list[Page] = []

    def __enter__(self) -> "Windows":
        with ExitStack() as stack, on(1):
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(
                executable_path=program(), chromium_sandbox=os.geteuid() != 0
            )
            stack.callback(browser.close)
            for url, token in zip(self._urls, self._tokens, strict=False):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                context.set_default_timeout(PATIENCE)
                context.add_cookies([{"name": NAME, "value": token, "url": url}])
                page = context.new_page()
                answer = page.goto(url)
                require(answer is not None and answer.ok, f"{url} cannot be opened")
                self.pages.append(page)
            for page in self.pages:
                page.wait_for_selector("#connection[data-state=found]", state="attached")
                page.evaluate(NOTE_TIMES)
            self._running = stack.pop_all()
        return self

    def seen(self) -> list[dict[str, int]]:
        """When each page had each comment, in milliseconds since 1970."""
        return [page.evaluate("window.seen") for page in self.pages]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()
