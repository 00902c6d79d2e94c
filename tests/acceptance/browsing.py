"""Pages as a browser asks for them, and their streams as it reads them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx
from tests.acceptance.server import Server

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SAME = {"Sec-Fetch-Site": "same-origin"}


def browser(server: Server, **cookies: str) -> httpx.Client:
    """A browser without scripts: it asks for HTML, keeps cookies, and follows no redirect by itself."""
    return server.client(headers={"Accept": ACCEPT, **SAME}, cookies=cookies)


@contextmanager
def sign_in(server: Server, name: str) -> Iterator[httpx.Client]:
    """A browser of someone who has signed in."""
    with browser(server) as client:
        answer = client.post("/session", data={"name": name, "password": name[::-1]})
        assert answer.status_code == 303, answer.text
        yield client


def parts_of(page: str) -> dict[str, str]:
    """The live parts of a page, and the digests of their states."""
    return {id: digest for digest, id in re.findall(r'data-live="([0-9a-f]+)" id="([\w-]+)"', page)}


class Told:
    """One event of a page's stream."""

    def __init__(self, block: str) -> None:
        lines = [line.partition(": ") for line in block.split("\n")]
        self.kind = next((value for name, _, value in lines if name == "event"), "")
        self.id = next((value for name, _, value in lines if name == "id"), "")
        self.data = "\n".join(value for name, _, value in lines if name == "data")

    @property
    def parts(self) -> set[str]:
        """The ids of the parts that it brings."""
        return set(parts_of(self.data)) if self.kind == "part" else set()


class Open:
    """An open page: it reads its stream, and knows what it has."""

    def __init__(
        self, client: httpx.Client, page: str, last: str = "", have: dict[str, str] | None = None
    ) -> None:
        self.have = dict(have or {})
        held = ",".join(f"{id}:{digest}" for id, digest in self.have.items())
        url = f"/live?page={quote(page, safe='')}&have={held}"
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        self._stream = client.stream("GET", url, headers=headers)
        self.answer = self._stream.__enter__()
        assert self.answer.status_code == 200, self.answer.read()
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self._events = self._read()
        self.last = last

    def _read(self) -> Iterator[Told]:
        rest = ""
        for piece in self.answer.iter_text():
            *blocks, rest = (rest + piece).split("\n\n")
            for block in blocks:
                told = Told(block)
                if told.kind:
                    yield told

    def next(self) -> Told:
        """The next event."""
        told = next(self._events)
        if told.id:
            self.last = told.id
        if told.kind == "part":
            self.have |= parts_of(told.data)
        return told

    def until(self, text: str) -> Told:
        """The event that brings a text; those before it are read too."""
        while True:
            told = self.next()
            if text in told.data:
                return told

    def until_live(self) -> list[Told]:
        """What is told before the page is up to date."""
        told: list[Told] = []
        while not told or told[-1].kind != "live":
            told.append(self.next())
        return told[:-1]

    def rest(self) -> list[Told]:
        """All that is told until the stream ends."""
        return list(self._events)

    def close(self) -> None:
        """Leave the page."""
        self._stream.__exit__(None, None, None)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text, as a browser finds them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def require_harmless(self) -> None:
        """Nothing in it does anything but what the toolkit's own two scripts do."""
        for tag, attributes in self.found:
            assert tag not in ("img", "iframe", "object", "embed", "base", "style", "svg"), tag
            if tag == "script":
                assert (attributes["src"] or "").startswith("/static/antiphon/"), attributes
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                assert name not in ("style", "srcdoc", "formaction"), (tag, name)
                assert not (value or "").lower().strip().startswith("javascript:"), (tag, name)


def document(page: str) -> Any:
    """What a page says of a problem: code and request id."""
    return re.search(r"<code>([\w]+)</code> \((\d+)\)", page)
