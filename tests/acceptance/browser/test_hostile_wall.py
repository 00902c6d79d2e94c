"""Whatever is written, the toolkit's own pages show it as text, unbroken, and it does nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.looking import SHOWN, sticking_out
from tests.acceptance.browser.texts import TEXTS, plain
from tests.acceptance.browser.visitor import DESK, PHONE
from tests.acceptance.server import Server

PROGRAM = Path(__file__).with_name("wall.py")


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A wall on which there is a note of each nasty text, by a writer of that name."""
    server = Server(tmp_path_factory.mktemp("wall") / "data", PROGRAM).start()
    with server.client() as client:
        for number, text in enumerate(TEXTS.values()):
            made = client.put(f"/writers/{number}", json={"name": text})
            assert made.status_code == 201, made.text
            note = {"title": text, "text": text, "writer": str(number), "tags": [text, text]}
            made = client.put(f"/notes/{number}", json=note)
            assert made.status_code == 201, made.text
    yield server
    server.stop()
    assert server.errors() == []


@pytest.mark.parametrize("place", ["/writers/{}", "/notes/{}", "/notes/{}/edit"])
def test_it_is_shown_as_it_is(place: str, wall: Server, visiting: Visiting) -> None:
    visitor = visiting(wall.url, viewport=PHONE)
    for number, (kind, text) in enumerate(TEXTS.items()):
        page = visitor.open(place.format(number))
        assert plain(text) in plain(page.evaluate(SHOWN)), kind
        assert sticking_out(page) == [], kind
        assert page.evaluate("window.hacked") is None, kind


@pytest.mark.parametrize("path", ["/writers", "/notes"])
def test_a_list_of_all_is_unharmed(path: str, wall: Server, visiting: Visiting) -> None:
    page = visiting(wall.url, viewport=PHONE).open(path)
    for viewport in (PHONE, DESK):
        page.set_viewport_size(viewport)
        assert sticking_out(page) == []
    assert page.evaluate("window.hacked") is None
    assert page.locator("tbody tr").count() == len(TEXTS)
