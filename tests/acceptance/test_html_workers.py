"""Pages of several workers: what one writes, the open pages of all show."""

from collections.abc import Callable
from pathlib import Path

from tests.acceptance.browsing import Open, browser
from tests.acceptance.server import Server

PROGRAM = Path(__file__).with_name("page_program.py")


def test_open_pages_show_what_any_worker_writes(serving: Callable[..., Server]) -> None:
    notes = serving(program=PROGRAM, workers=2)
    with browser(notes) as client:
        opened = [Open(client, "/desk") for _ in range(6)]
        for each in opened:
            each.until_live()
        for number in range(1, 6):
            with notes.client() as writer:  # on a connection of its own: whichever worker takes it
                assert writer.post("/shelves", json={"name": f"shelf {number}"}).status_code == 201
                page = writer.get("/desk", headers={"Accept": "text/html"})
                assert f">{number} shelves" in page.text
            for each in opened:
                each.until(f">{number} shelves")
        for each in opened:
            each.close()
