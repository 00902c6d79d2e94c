"""`GET /albums/{id}/cover`: drawn, or what the files carry; kept by browsers."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.features.music_running import running
from tests.unit.music.catalog.audio.test_artwork import PNG, tagged

from antiphon_music.catalog.application import catalogue
from antiphon_music.catalog.audio.shelf import Shelf
from antiphon_music.catalog.resources import Album, Song
from antiphon_music.surroundings import here

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    data = tmp_path / "data"
    with catalogue(here(data)).connect(data) as connection:
        for id in ("drawn", "carried", "lost"):
            connection.write(lambda tx, id=id: tx.create(Album(id=id, title=f"<b>{id}</b>")))  # type: ignore[misc]
            song = Song(id=f"of-{id}", title="S", album_id=id, preview=f"/songs/of-{id}/preview")
            connection.write(lambda tx, song=song: tx.create(song))  # type: ignore[misc]
    files = {"of-drawn": tagged(tmp_path / "plain.flac"), "of-lost": tmp_path / "gone.flac"}
    files["of-carried"] = tagged(tmp_path / "song.flac", (PNG, 3))
    Shelf(data).put(files.items())
    async with running(data) as client:
        yield client


async def test_a_cover_is_drawn_and_kept(browser: httpx.AsyncClient) -> None:
    for id in ("drawn", "lost", "drawn"):
        answer = await browser.get(f"/albums/{id}/cover")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
        assert "max-age=" in answer.headers["cache-control"]
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<b>" not in answer.text
        again = await browser.get(
            f"/albums/{id}/cover", headers={"If-None-Match": f'"x", W/{answer.headers["etag"]}'}
        )
        assert (again.status_code, again.content) == (304, b"")


async def test_what_the_files_carry_is_the_cover(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/albums/carried/cover")
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"
    for _ in range(2):
        known = await browser.get("/albums/carried/cover", headers={"If-None-Match": answer.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
    assert (await browser.get("/albums/carried/cover", headers={"If-None-Match": '"x"'})).content == PNG


async def test_there_is_none_of_an_album_that_is_not_there(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/albums/none/cover")).status_code == 404
