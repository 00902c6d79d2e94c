"""Somebody at a browser: a context of its own, and all that its pages complained of."""

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize, expect
from tests.acceptance.music import Caller

from antiphon.server.cookies import NAME

PATIENCE = 20_000
"""Milliseconds that anything may take on a busy machine."""
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1440, "height": 900}
PASSWORD = "correct horse"

expect.set_options(timeout=PATIENCE)


class Visitor:
    """Who looks at the pages of one server, with one window open to begin with: `page`.

    `complaints` are what its pages wrote on the console as errors or warnings (what the content security
    policy stops is one), the scripts that failed, and the requests that went to another server.
    """

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self._home = urlsplit(url).netloc
        self._forgiven: list[str] = []
        self._complaints: list[str] = []
        options = {"viewport": DESK, "locale": "en-GB", "timezone_id": "Europe/Madrid"} | options
        self.context: BrowserContext = browser.new_context(base_url=url, **options)
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self._complaints.append(f"script failed: {error.error}"))
        self.context.on("request", self._asked)
        self.page: Page = self.context.new_page()

    def open(self, path: str) -> Page:
        """Go to a page; it must be one that is there."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status} {answer.text()[:300]}"
        return self.page

    def sign_up(self, name: str) -> None:
        """Sign up as people do, and be signed in."""
        page = self.open("/sign-up")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("link", name="Your page", exact=True)).to_be_visible()

    def be(self, who: Caller) -> None:
        """Be signed in as somebody who is already."""
        self.context.add_cookies([{"name": NAME, "value": who.token, "url": self.url}])

    def forgive(self, *words: str) -> None:
        """Leave out of `complaints` what says one of `words`: it was called for."""
        self._forgiven += words

    @property
    def complaints(self) -> list[str]:
        """What was wrong so far."""
        return [each for each in self._complaints if not any(word in each for word in self._forgiven)]

    def close(self) -> None:
        """Leave."""
        self.context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self._complaints.append(f"{message.type}: {message.text} ({message.location})")

    def _asked(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme not in ("data", "blob", "about") and where.netloc != self._home:
            self._complaints.append(f"asked another server: {request.url}")
