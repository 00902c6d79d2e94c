"""The real catalogues that imports are tried with. They are not part of the project."""

import os
import tarfile
from pathlib import Path

import pytest

DATA = Path(os.environ.get("MUSIC_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


def source(name: str) -> Path:
    """A file or folder of the data sets; without it the test is skipped, and says so."""
    path = DATA / name
    if not path.exists():
        pytest.skip(
            f"THE DATA SET {name} IS ABSENT: put it into {DATA}, or name its folder in MUSIC_TEST_DATA"
        )
    return path


def playlists(folder: Path, count: int | None = None) -> Path:
    """The playlist archive's Markdown files (or the first `count` of them), unpacked into `folder`."""
    archive = source("bench/spotify-playlist-archive-97a1f6da.tar.xz")
    with tarfile.open(archive) as files:
        wanted = [member for member in files.getmembers() if member.name.endswith(".md")]
        for member in wanted[:count]:  # by hand: extractall's safe filter came with Python 3.11.4
            content = files.extractfile(member)
            assert content is not None
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
    return folder
