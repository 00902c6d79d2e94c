"""The command `music`, as a person runs it: real processes on a real folder."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from antiphon_music.catalog.demo.pieces import PIECES

MUSIC = (sys.executable, "-c", "from antiphon_music.cli import main; main()")
PATIENCE = 120.0


def music(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        (*MUSIC, *arguments),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running server: its address and its process."""
    process = subprocess.Popen(
        (*MUSIC, "serve", "--port", "0", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert match, line
        yield match[1], process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_demo_library_that_was_killed_again_and_again_is_complete_in_the_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for seconds in (1.0, 2.5, 4.0):
        process = subprocess.Popen(
            (*MUSIC, "serve", "--port", "0", "--data", str(data)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        process.kill()
        process.wait()
    with serving("--data", str(data)) as (url, _):
        songs = httpx.get(f"{url}/songs", params={"limit": 100}).json()["items"]
        assert {(song["title"], song["artist"], song["genre"]) for song in songs} == {
            (piece.title, piece.artist, piece.genre) for piece in PIECES
        }
        assert len(songs) == len(PIECES)
        assert list((data / "demo").glob(".*.part")) == []
        jazz = httpx.get(f"{url}/songs", params={"genre": "jazz"}).json()["items"]
        heard = httpx.get(url + jazz[0]["preview"], timeout=PATIENCE)
        assert heard.headers["content-type"] == "audio/ogg"
        assert len(heard.content) > 100_000
        second = music("serve", "--port", "0", "--data", str(data))
        assert second.returncode != 0
        assert "in use" in second.stderr
        assert "Traceback" not in second.stderr
    deleted = data / "demo"
    before = {path.name: path.stat().st_mtime_ns for path in deleted.iterdir()}
    with serving("--data", str(data)):
        assert {path.name: path.stat().st_mtime_ns for path in deleted.iterdir()} == before


def test_an_import_reaches_a_running_server_and_the_flags_have_variables(tmp_path: Path) -> None:
    data = tmp_path / "data"
    list_of_songs = tmp_path / "list.csv"
    list_of_songs.write_text("Name,artist\nBlue,X\nRed,\n,Y\n")
    with serving(MUSIC_DATA=str(data), MUSIC_DEMO="0") as (url, process):
        assert httpx.get(f"{url}/songs").json()["items"] == []
        done = music("import", "songs", str(list_of_songs), "--map", "title=Name", MUSIC_DATA=str(data))
        assert done.returncode == 0, done.stderr
        assert "refused list.csv, line 4: has no title in Name" in done.stdout
        assert re.search(r"songs\s+│\s+2 │\s+0 │\s+0 │\s+1 ", done.stdout)
        answer = httpx.get(f"{url}/songs", params={"order": "title", "fields": "title"})
        assert [song["title"] for song in answer.json()["items"]] == ["Blue", "Red"]
        again = music("import", "songs", str(list_of_songs), "--map", "title=Name", "--data", str(data))
        assert re.search(r"songs\s+│\s+0 │\s+2 │\s+0 │\s+1 ", again.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("songs", "nowhere.csv"), "doesn't exist"),
        (("chinook", "nowhere.json"), "cannot be read"),
        (("audio", "nowhere"), "is no folder"),
        (("songs", "nowhere.csv", "--map", "title"), "Write FIELD=COLUMN"),
        (("songs", "nowhere.csv", "--join", "releases.csv"), "Write FILE:COLUMN"),
    ],
)
def test_what_cannot_be_used_ends_with_one_line_and_no_success(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = music("import", *arguments, "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_of_which_nothing_can_be_used_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("title\n \n")
    done = music("import", "songs", str(tmp_path / "list.csv"), "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    (tmp_path / "list.csv").write_text("title,artist\n,X\n")
    done = music("import", "songs", str(tmp_path / "list.csv"), "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "nothing of it could be used" in done.stderr


def test_a_setting_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    done = music("serve", "--data", str(tmp_path / "data"), "--no-demo", MUSIC_MAX_PAGE_SIZE="many")
    assert done.returncode == 1
    assert "MUSIC_" in done.stderr
    assert "Traceback" not in done.stderr
