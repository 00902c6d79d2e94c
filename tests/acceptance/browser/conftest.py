"""Chromium and music for tests of pages, once for all of them; a context of its own for each who visits."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.acceptance.browser.chromium import chromium
from tests.acceptance.browser.city import City, settle
from tests.acceptance.browser.visitor import Visitor
from tests.acceptance.music import Music, playing

from antiphon_music.catalog.application import catalogue
from antiphon_music.catalog.demo.library import DemoLibrary
from antiphon_music.surroundings import here

Visiting = Callable[..., Visitor]


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sound of the demo library, composed once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-library"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fill(folder)
    return folder / "demo"


def fill(folder: Path) -> None:
    """Have the demo library in a data folder; sound that is there already is not composed again."""
    library = DemoLibrary(folder)
    with catalogue(here(folder)).connect(folder) as connection:
        if library.wanted(connection):
            library.fill(connection)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def music(composed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Music]:
    """Music with its demo library, in one process; at the end it may not have logged an error."""
    folder = tmp_path_factory.mktemp("music") / "data"
    (folder / "demo").mkdir(parents=True)
    for path in composed.glob("*.opus"):
        shutil.copy(path, folder / "demo")
    fill(folder)
    with playing(folder, together=True) as running:
        yield running


@pytest.fixture(scope="package")
def city(music: Music) -> City:
    """What is there in music when people have used it for a while."""
    return settle(music)


@pytest.fixture
def visiting(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visiting]:
    """Makes visitors of `music`, or of the server at `url`; at the end no page may have complained."""
    visitors: list[Visitor] = []

    def visit(url: str = "", **options: Any) -> Visitor:
        if not url:
            music: Music = request.getfixturevalue("music")
            url = music.server_of("music").url
        visitors.append(Visitor(browser, url, **options))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        assert visitor.complaints == []
