"""`GET /songs/{id}/preview`, asked as players ask."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import av
import httpx
import pytest
from tests.features.music_running import running
from tests.unit.music.catalog.audio.tones import write_tone

from antiphon_music.catalog.application import catalogue
from antiphon_music.catalog.audio.shelf import Shelf
from antiphon_music.catalog.resources import Song
from antiphon_music.surroundings import here

pytestmark = pytest.mark.anyio

Player = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def player(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    data = tmp_path / "data"
    write_tone(tmp_path / "song.opus", 3.0)
    with catalogue(here(data)).connect(data) as connection:
        connection.write(lambda tx: tx.create(Song(id="song", title="Blue", preview="/songs/song/preview")))
        connection.write(lambda tx: tx.create(Song(id="silent", title="Red")))
    Shelf(data).put([("song", tmp_path / "song.opus")])
    async with running(data) as client:
        yield client


async def test_it_plays_and_says_what_it_is(player: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await player.get("/songs/song/preview")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) == len(answer.content)
    (tmp_path / "heard.opus").write_bytes(answer.content)
    with av.open(tmp_path / "heard.opus") as container:
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "audio/ogg"),
        ("*/*", "audio/ogg"),
        ("audio/*", "audio/ogg"),
        ("audio/mpeg", "audio/mpeg"),
        ("audio/mpeg, audio/ogg;q=0.5", "audio/mpeg"),
        ("audio/ogg;q=0, */*", "audio/mpeg"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "audio/ogg"),
    ],
)
async def test_the_format_is_the_players_choice(
    player: httpx.AsyncClient, accept: str | None, expected: str
) -> None:
    if accept is None:
        del player.headers["accept"]
    answer = await player.get("/songs/song/preview", headers={"Accept": accept} if accept else None)
    assert answer.headers["content-type"] == expected
    assert answer.headers["vary"] == "Accept"


async def test_a_format_that_there_is_not_is_406(player: httpx.AsyncClient) -> None:
    answer = await player.get("/songs/song/preview", headers={"Accept": "video/mp4"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


async def test_parts_of_it(player: httpx.AsyncClient) -> None:
    whole = (await player.get("/songs/song/preview")).content
    answer = await player.get("/songs/song/preview", headers={"Range": "bytes=100-199"})
    assert answer.status_code == 206
    assert answer.content == whole[100:200]
    assert answer.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert answer.headers["content-length"] == "100"
    assert answer.headers["content-type"] == "audio/ogg"
    last = await player.get("/songs/song/preview", headers={"Range": "bytes=-10"})
    assert last.content == whole[-10:]
    several = await player.get("/songs/song/preview", headers={"Range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, whole)


async def test_a_part_behind_its_end_is_416(player: httpx.AsyncClient) -> None:
    size = len((await player.get("/songs/song/preview")).content)
    answer = await player.get("/songs/song/preview", headers={"Range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.json()["code"] == "range_not_satisfiable"


async def test_a_part_of_another_version_is_not_mixed_in(player: httpx.AsyncClient, tmp_path: Path) -> None:
    first = await player.get("/songs/song/preview")
    tag = first.headers["etag"]
    part = {"Range": "bytes=0-9"}
    assert (await player.get("/songs/song/preview", headers={**part, "If-Range": tag})).status_code == 206
    assert (
        await player.get("/songs/song/preview", headers={**part, "If-Range": f"W/{tag}"})
    ).status_code == 200
    write_tone(tmp_path / "song.opus", 4.0)
    changed = await player.get("/songs/song/preview", headers={**part, "If-Range": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_what_the_player_has_is_not_sent_again(player: httpx.AsyncClient) -> None:
    tag = (await player.get("/songs/song/preview")).headers["etag"]
    for condition in (tag, f'"other", W/{tag}', "*"):
        answer = await player.get("/songs/song/preview", headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    other = await player.get("/songs/song/preview", headers={"If-None-Match": tag, "Accept": "audio/mpeg"})
    assert other.status_code == 200


async def test_head_tells_the_length_and_ignores_ranges(player: httpx.AsyncClient) -> None:
    size = len((await player.get("/songs/song/preview")).content)
    answer = await player.head("/songs/song/preview", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(size)


async def test_other_methods_do_not_apply(player: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await player.request(method, "/songs/song/preview")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (await player.options("/songs/song/preview")).headers["allow"] == "GET, HEAD, OPTIONS"


async def test_a_song_without_audio_or_that_is_not_there_is_404_with_a_reason(
    player: httpx.AsyncClient,
) -> None:
    for id, reason in (
        ("silent", "The song 'silent' has no audio file."),
        ("nobody", "There is no Song 'nobody'."),
    ):
        answer = await player.get(f"/songs/{id}/preview")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == reason


async def test_a_file_that_broke_or_vanished_is_404_with_a_reason(
    player: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "song.opus").write_bytes(b"no sound any more")
    broken = await player.get("/songs/song/preview")
    assert broken.status_code == 404
    assert "cannot be played" in broken.json()["detail"]
    (tmp_path / "song.opus").unlink()
    gone = await player.get("/songs/song/preview")
    assert gone.status_code == 404
    assert "no longer there" in gone.json()["detail"]


async def test_the_file_of_a_song_is_nobodys_business(player: httpx.AsyncClient, tmp_path: Path) -> None:
    song = (await player.get("/songs/song")).json()
    assert list(song) == [
        "id", "revision", "title", "artist", "artist_id", "album", "album_id", "genre", "length", "year",
        "preview",
    ]  # fmt: skip
    assert str(tmp_path) not in str(song)
