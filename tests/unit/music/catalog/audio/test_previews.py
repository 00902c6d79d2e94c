"""Previews: made once, whole, anew when the file changes."""

import asyncio
import shutil
from pathlib import Path

import av
import pytest
from tests.unit.music.catalog.audio.tones import write_tone

from antiphon_music.catalog.audio.format import MP3, OPUS
from antiphon_music.catalog.audio.previews import NoPreview, Previews
from antiphon_music.catalog.audio.shelf import Shelf

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "data")
    shelf.put([("song", write_tone(tmp_path / "song.opus", 3.0))])
    return shelf


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "data" / "previews").iterdir())


async def test_it_is_made_once_however_many_ask_at_once(tmp_path: Path, shelf: Shelf) -> None:
    previews = Previews(tmp_path / "data", shelf)
    paths = await asyncio.gather(*(previews.file("song", OPUS) for _ in range(8)))
    assert len(set(paths)) == 1
    made = paths[0].stat()
    again = await Previews(tmp_path / "data", shelf).file("song", OPUS)
    assert again.stat().st_ino == made.st_ino
    assert kept(tmp_path) == [paths[0].name]


async def test_each_format_has_its_own(tmp_path: Path, shelf: Shelf) -> None:
    previews = Previews(tmp_path / "data", shelf)
    for form in (OPUS, MP3):
        with av.open(await previews.file("song", form)) as container:
            assert container.format.name == form.container


async def test_a_changed_file_gets_a_new_one_and_the_old_one_goes(tmp_path: Path, shelf: Shelf) -> None:
    previews = Previews(tmp_path / "data", shelf)
    before = await previews.file("song", OPUS)
    write_tone(tmp_path / "song.opus", 5.0)
    after = await previews.file("song", OPUS)
    assert before != after
    assert kept(tmp_path) == [after.name]


async def test_it_goes_on_when_who_asked_goes_away(tmp_path: Path, shelf: Shelf) -> None:
    previews = Previews(tmp_path / "data", shelf)
    asking = asyncio.create_task(previews.file("song", OPUS))
    await asyncio.sleep(0.05)
    asking.cancel()
    path = await previews.file("song", OPUS)
    assert path.exists()


async def test_there_is_none_for_a_song_without_audio_or_whose_file_is_gone_or_broken(
    tmp_path: Path, shelf: Shelf
) -> None:
    previews = Previews(tmp_path / "data", shelf)
    with pytest.raises(NoPreview, match="has no audio"):
        await previews.file("other", OPUS)
    (tmp_path / "song.opus").write_bytes(b"nothing that sounds")
    with pytest.raises(NoPreview, match="cannot be played"):
        await previews.file("song", OPUS)
    assert kept(tmp_path) == []
    (tmp_path / "song.opus").unlink()
    with pytest.raises(NoPreview, match="no longer there"):
        await previews.file("song", OPUS)


async def test_previews_that_are_deleted_are_made_again(tmp_path: Path, shelf: Shelf) -> None:
    previews = Previews(tmp_path / "data", shelf)
    path = await previews.file("song", OPUS)
    shutil.rmtree(path.parent)
    assert await previews.file("song", OPUS) == path
    assert path.exists()
